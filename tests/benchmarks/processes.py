# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's process, without Ansible around it: how long until it sends a request, and how much memory it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ansible_collections.portcullis.openstack.tests.integration.harness.peer import COLLECTIONS
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import MODULES, clean_environment
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import (
    Answer,
    Call,
    Forward,
    Proxy,
    json_answer,
)

from .client import Body
from .wanted import as_set, wanted

_OUR_MODULE: Final = f"{MODULES}.security_group_set"
_PEER_MODULE: Final = "ansible_collections.openstack.cloud.plugins.modules.security_group"
# What the library takes that both modules use.
_BARE: Final = """
import json, sys, openstack
openstack.connect(**json.load(sys.stdin)["ANSIBLE_MODULE_ARGS"]["cloud"]).network.get("/security-groups")
"""
# The kernel's own account of a process tells nothing of the one that started it.
_WITH_PEAK: Final = """
import atexit, runpy, sys
def tell():
    with open("/proc/self/status") as status:
        (line,) = [line for line in status if line.startswith("VmHWM")]
    print(line.split()[1], file=sys.stderr)
atexit.register(tell)
runpy.run_module(sys.argv.pop(), run_name="__main__", alter_sys=True)
"""

OURS: Final = "portcullis.openstack.security_group_set"
PEER: Final = "openstack.cloud.security_group"
BARE: Final = "openstacksdk alone"


class _Stopwatch:
    """A behaviour of the proxy that notes when the first request comes."""

    first: float | None = None

    def __call__(self, call: Call, forward: Forward) -> Answer:
        self.first = self.first or time.perf_counter()
        return forward(call)


class _Enlarged:
    """A behaviour of the proxy that answers a list of groups with a larger one."""

    def __init__(self, groups: Sequence[Body]) -> None:
        self._groups = groups

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if (call.method, call.path) == ("GET", "/v2.0/security-groups"):
            return json_answer(200, {"security_groups": self._groups})
        return forward(call)


def copies(group: Body, names: Sequence[str]) -> list[Body]:
    """Return as many groups like one of Neutron's, each with ids of its own."""
    made = []
    for name in names:
        id_ = str(uuid.uuid4())
        rules = [{**rule, "id": str(uuid.uuid4()), "security_group_id": id_} for rule in group["security_group_rules"]]
        made.append({**group, "id": id_, "name": name, "security_group_rules": rules})
    return made


def start_ups(project: Project) -> dict[str, float]:
    """Return the seconds from the start of a process to its first request, in turn."""
    commands: dict[str, tuple[list[str], dict[str, Any]]] = {
        BARE: (["-c", _BARE], {}),
        OURS: (["-m", _OUR_MODULE], {"groups": as_set(wanted(1))}),
        PEER: (["-m", _PEER_MODULE], {"name": "group-0000"}),
    }
    return {name: _start_up(project, command, options) for name, (command, options) in commands.items()}


def _start_up(project: Project, command: Sequence[str], options: Mapping[str, Any]) -> float:
    stopwatch = _Stopwatch()
    with Proxy(stopwatch) as proxy:
        start = time.perf_counter()
        _run(project, command, options, proxy)
    assert stopwatch.first is not None
    return stopwatch.first - start


def peak_memory(project: Project, groups: int, rules: int) -> float:
    """Return the megabytes that our module takes at most in a run that changes nothing.

    The project has one of the groups, of which the proxy makes many: in truth that takes most of an hour to create.
    """
    want = wanted(groups, rules)
    answer = copies(project.api.group(next(iter(want))), list(want))
    with Proxy(_Enlarged(answer)) as proxy:
        completed = _run(project, ["-c", _WITH_PEAK, _OUR_MODULE], {"groups": as_set(want)}, proxy)
    assert not json.loads(completed.stdout)["changed"]
    return int(completed.stderr.splitlines()[-1]) / 1024


def _run(
    project: Project, command: Sequence[str], options: Mapping[str, Any], proxy: Proxy
) -> subprocess.CompletedProcess[str]:
    completed = subprocess.run(
        [sys.executable, *command],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {"cloud": project.cloud, **options}}),
        env=clean_environment() | {"http_proxy": proxy.url, "PYTHONPATH": str(COLLECTIONS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed
