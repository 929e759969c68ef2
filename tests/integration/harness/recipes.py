# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes: the commands in their comments, the instances and ports that these need, and the plans they print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import Template

from .api import Api
from .clouds import REPOSITORY
from .fleet import kind_of_server, wait_until_active
from .processes import PlaybookRun

RECIPES: Final = REPOSITORY / "examples" / "recipes"
PLANS: Final = REPOSITORY / "docs" / "plans"

_COMMAND: Final = re.compile(r"^# (ansible-playbook .+)$", re.MULTILINE)
# Diffs, entries with an end, the hosts of a playbook that is not about localhost, and the summary.
_SHOWN: Final = re.compile(
    r'^(--- .*\n(?:[-+@ ].*\n)+)|^((?:time-limited access: .*\n)+)|^(changed: \[(?!localhost).*)|"(Plan: .*)"',
    re.MULTILINE,
)
_ADDRESS: Final = re.compile(r"(?<=port )\d+(?:\.\d+){3}\b")


@dataclass(frozen=True)
class Command:
    """A command that a recipe names, without ``--check`` and ``--diff``, which runs have anyway."""

    text: str
    playbook: str
    options: list[str]

    @property
    def variables(self) -> dict[str, str]:
        """The variables that are set in the command itself."""
        return dict(word.split("=", 1) for word in self.options if re.match(r"\w+=", word))


def commands(recipe: Path) -> list[Command]:
    """Return the commands of a recipe, in which the name of its file is the whole path."""
    found = []
    for text in _COMMAND.findall(recipe.read_text()):
        _program, playbook, *options = (word.replace(recipe.name, str(recipe)) for word in shlex.split(text))
        found.append(Command(text, playbook, [word for word in options if word not in {"--check", "--diff"}]))
    return found


def create_targets(api: Api, recipe: Path, command: Command) -> None:
    """Boot the instances and create the ports that a recipe attaches groups to: one for each name or pattern.

    Those of an earlier command are used again.
    """
    variables = {**yaml.safe_load(recipe.read_text()), **command.variables}
    attachments = variables.get("instance_groups_attachments", [])
    (network,) = api.get("network", "/networks", params={"name": "demo"})["networks"]
    existing = {server["name"] for server in api.get("compute", "/servers")["servers"]}
    servers = {name for entry in attachments for name in _server_names(entry, variables)}
    for name in servers - existing:
        server = {**kind_of_server(api), "name": name, "networks": [{"uuid": network["id"]}]}
        api.post("compute", "/servers", {"server": server})
    for name in (name for entry in attachments for name in entry.get("ports", [])):
        api.post("network", "/ports", {"port": {"name": name, "network_id": network["id"]}})
    if servers:
        wait_until_active(api, seconds=120)


def _server_names(entry: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterator[str]:
    yield from entry.get("servers", [])
    # The pattern of all names is for those of other entries.
    pattern = Template(entry.get("selector", {}).get("name", "*")).render(variables)
    if pattern != "*":
        yield pattern.replace("*", "1")


def transcript(plans: Iterable[tuple[Command, PlaybookRun]]) -> str:
    """Return what commands print of their plans, the same for every run: addresses of ports are numbered."""
    parts = []
    for command, check in plans:
        parts.append(f"$ {command.text}")
        parts += ["".join(match.groups("")).rstrip() for match in _SHOWN.finditer(check.output)]
    text = "\n\n".join(parts) + "\n"
    addresses = list(dict.fromkeys(_ADDRESS.findall(text)))
    return _ADDRESS.sub(lambda match: f"10.0.0.{11 + addresses.index(match[0])}", text)
