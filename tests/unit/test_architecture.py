# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of the plugins import each other in one direction only, and only one of them talks to OpenStack."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
PACKAGE: Final = "ansible_collections.portcullis.openstack.plugins"
# Imported in one package only, as they open connections.
CLIENTS: Final = {"keystoneauth1", "openstack", "requests"}

PURE: Final = {
    "_common": set[str](),
    "_rules": {"_common"},
    "_groups": {"_common", "_rules"},
    "_attachments": {"_common", "_rules"},
    "_address_groups": {"_common", "_rules"},
    "_default_rules": {"_common", "_rules"},
    "_exposure": {"_common", "_rules"},
    "_audit": {"_common", "_rules", "_exposure"},
    "_services": {"_common", "_rules", "_groups", "_attachments"},
    "_adoption": {"_common", "_rules", "_groups", "_attachments", "_address_groups", "_services"},
}
# What each package may import. A new package needs a line here.
ARROWS: Final = {
    **PURE,
    "_cloud": {"_common"},
    "_converge": {*PURE, "_cloud"},
    "_module": {"_common", "_rules", "_cloud"},
    # Filters run in Ansible's own process, where the SDK may be missing.
    "filter": {"_common", "_services", "_audit", "_adoption"},
    # Reads what no filter sees, the variables of hosts other than the task's, and knows which are for all of them.
    "lookup": {"_services"},
    "action": set[str](),
    "modules": {*PURE, "_cloud", "_converge", "_module"},
    "doc_fragments": set[str](),
}


def imported(code: str, package: str) -> Iterator[str]:
    """Yield the full name of everything that a file imports, wherever in the file.

    :param package: the full name of the package that the file is in
    """
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = [*parents, *([node.module] if node.module else [])]
            yield from (".".join([*base, alias.name]) for alias in node.names)


def faults(code: str, room: str) -> list[str]:
    """Return the imports that a file of a package may not have."""
    kinds = ("action", "doc_fragments", "filter", "lookup", "modules")
    package = f"{PACKAGE}.{room}" if room in kinds else f"{PACKAGE}.module_utils.{room}"
    found = []
    for name in imported(code, package):
        inside = name.removeprefix(f"{PACKAGE}.").removeprefix("module_utils.").split(".")[0]
        foreign = name.startswith(f"{PACKAGE}.") and inside not in {room, *ARROWS[room]}
        if foreign or (name.split(".")[0] in CLIENTS and room != "_cloud"):
            found.append(name)
    return found


def sources() -> list[tuple[str, Path]]:
    """Return every file of the plugins, and the package that it is in."""
    found = []
    for path in sorted(PLUGINS.rglob("*.py")):
        parts = path.relative_to(PLUGINS).parts
        found.append((parts[1] if parts[0] == "module_utils" else parts[0], path))
    return found


@pytest.mark.parametrize(
    ("room", "path"), [pytest.param(*one, id=str(one[1].relative_to(PLUGINS))) for one in sources()]
)
def test_imports_follow_the_arrows(room: str, path: Path) -> None:
    assert room in ARROWS, "a new package needs a line in ARROWS"
    assert faults(path.read_text(), room) == []


def test_there_are_plugins_of_these_kinds_only() -> None:
    kinds = {path.relative_to(PLUGINS).parts[0] for _room, path in sources()}
    assert kinds == {"action", "doc_fragments", "filter", "lookup", "module_utils", "modules"}


def test_action_plugins_do_no_work() -> None:
    """One module call does: there is one action plugin, and it runs its module in less time."""
    assert [path.name for room, path in sources() if room == "action"] == ["security_group_set.py"]


def test_the_engine_loads_what_changes_on_demand() -> None:
    """A run that finds nothing to change takes less time without it."""
    code = f"import sys, {PACKAGE}.module_utils._converge.converge; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    rooms = {name.removeprefix(f"{PACKAGE}.module_utils.") for name in loaded}
    assert "_converge.read" in rooms
    on_demand = {"_converge.change", "_converge.apply", "_converge.judge", "_converge.template"}
    assert not rooms & {*on_demand, "_default_rules", "_exposure"}


def test_arrows_never_lead_back() -> None:
    def below(room: str) -> set[str]:
        return ARROWS[room].union(*map(below, ARROWS[room]))

    for room in ARROWS:
        assert room not in below(room)


@pytest.mark.parametrize(
    ("room", "code", "fault"),
    [
        ("_rules", "from .._groups.plan import plan_groups", "module_utils._groups.plan.plan_groups"),
        ("_common", "from .. import _rules", "module_utils._rules"),
        ("_groups", "def work():\n    from .._cloud.cloud import Cloud", "module_utils._cloud.cloud.Cloud"),
        ("_converge", "from .._module.module import run", "module_utils._module.module.run"),
        ("_services", f"import {PACKAGE}.module_utils._converge.plan", "module_utils._converge.plan"),
        ("_module", f"from {PACKAGE}.modules import security_group", "modules.security_group"),
        ("filter", f"from {PACKAGE}.module_utils._cloud.cloud import Cloud", "module_utils._cloud.cloud.Cloud"),
    ],
)
def test_a_forbidden_import_is_noticed(room: str, code: str, fault: str) -> None:
    assert faults(code, room) == [f"{PACKAGE}.{fault}"]


@pytest.mark.parametrize("code", ["import openstack", "from openstack.config import x", "from keystoneauth1 import x"])
def test_a_client_is_noticed_outside_of_its_package(code: str) -> None:
    assert faults(code, "_converge")
    assert not faults(code, "_cloud")


@pytest.mark.parametrize(
    ("room", "code"),
    [
        (
            "_groups",
            "from .._rules.rule import Rule\nfrom .group import Group\nfrom ansible.errors import x\nimport re",
        ),
        ("modules", f"from {PACKAGE}.module_utils._converge.converge import converge"),
    ],
)
def test_other_imports_are_allowed(room: str, code: str) -> None:
    assert faults(code, room) == []
