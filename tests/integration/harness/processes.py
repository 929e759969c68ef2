# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules and playbooks as Ansible runs them: as processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .clouds import OPENSTACK
from .peer import COLLECTIONS

MODULES = "ansible_collections.portcullis.openstack.plugins.modules"
_RECAP = re.compile(r"^(\S+) +: (ok=.*)$", re.MULTILINE)


def run_module(
    name: str, arguments: Mapping[str, Any], *, check_mode: bool = False, proxy: str | None = None
) -> dict[str, Any]:
    """Run a module with its real argument spec, as a target's Python does, and return its result.

    :param proxy: the URL of a proxy between the module and the cloud
    """
    internal = {"_ansible_check_mode": check_mode, "_ansible_diff": True}
    completed = subprocess.run(
        [sys.executable, "-m", f"{MODULES}.{name}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **internal}}),
        env=clean_environment() | _proxied(proxy),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in completed.stderr
    result: dict[str, Any] = json.loads(completed.stdout)
    assert completed.returncode == (1 if result.get("failed") else 0)
    return result


@dataclass(frozen=True)
class PlaybookRun:
    """The exit status and the output of a run of ansible-playbook."""

    status: int
    output: str

    def count(self, what: str, host: str = "localhost") -> int:
        """Return a number of the recap, such as that of ``changed``."""
        recap = dict(_RECAP.findall(self.output))[host]
        return int(dict(field.split("=") for field in recap.split())[what])

    @property
    def last_task(self) -> str:
        """The name of the last task, and what it shows."""
        return self.output.partition("\nPLAY RECAP")[0].rpartition("\nTASK [")[2]

    @property
    def diff(self) -> str:
        """The diffs of all tasks: a heading for each object, then what it loses and what it gains."""
        found: list[str] = []
        for line in re.findall(r"^[-+].*$", self.output, re.MULTILINE):
            if line.startswith("--- before: "):
                found.append(line.removeprefix("--- before: "))
            elif line.startswith("+++ after: "):
                found[-1] = max(found[-1], line.removeprefix("+++ after: "), key=len)
            else:
                found.append(f"  {line[0]} {line[1:]}")
        return "\n".join(found)


def run_playbook(
    playbook: str | Path,
    clouds_yaml: Path,
    *options: str | Path,
    variables: Mapping[str, Any],
    proxy: str | None = None,
    diff: bool = True,
) -> PlaybookRun:
    """Run a playbook by its path or its full name, with some clouds.yaml, and maybe through a proxy."""
    command = [Path(sys.executable).parent / "ansible-playbook", playbook, *(["--diff"] if diff else []), *options]
    completed = subprocess.run(
        [*command, "-e", json.dumps(variables)],
        env=clean_environment() | _proxied(proxy) | {"OS_CLIENT_CONFIG_FILE": str(clouds_yaml)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return PlaybookRun(completed.returncode, completed.stdout)


def run_client(clouds_yaml: Path, *arguments: str, commands: str = "") -> str:
    """Run the openstack client with the only cloud of a clouds.yaml, and return what it prints.

    :param commands: without arguments, the commands to run, a line for each; those that fail do not stop the others
    """
    environment = clean_environment() | {"OS_CLIENT_CONFIG_FILE": str(clouds_yaml), "OS_CLOUD": "project"}
    command: list[str | Path] = [OPENSTACK / "openstack", *arguments]
    return subprocess.run(
        command, env=environment, input=commands, stdout=subprocess.PIPE, text=True, check=not commands
    ).stdout


def _proxied(url: str | None) -> dict[str, str]:
    return {} if url is None else {"http_proxy": url}


def clean_environment() -> dict[str, str]:
    """Return the environment without what its owner has set for Ansible or for some cloud of theirs.

    In it, Ansible finds openstack.cloud if that is installed, and no collections of the owner.
    """
    foreign = ("ANSIBLE_", "OS_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    shown = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    return own | shown | {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "LC_ALL": "C.UTF-8"}
