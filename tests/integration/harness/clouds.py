# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenStack that the tests run against: started for them alone, and stopped after them."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[3]
OPENSTACK = REPOSITORY / ".cloud" / "venv" / "bin"


@dataclass(frozen=True)
class RunningCloud:
    """A cloud that `tests/cloud` has started."""

    name: str
    clouds_yaml: Path

    @property
    def sockets(self) -> Path:
        """Where the daemons of the network backend listen."""
        return self.clouds_yaml.parent / "sockets"

    @property
    def request_log(self) -> Path:
        """The file with a line for every request that any service has answered."""
        return self.clouds_yaml.parent / "logs" / "requests.log"

    def credentials(self, name: str) -> dict[str, Any]:
        """Return an entry of clouds.yaml."""
        return dict(yaml.safe_load(self.clouds_yaml.read_text())["clouds"][name])


def start(name: str, *options: str) -> RunningCloud:
    """Start a cloud with all services, which from now on this process and its children reach without a proxy.

    :param options: further options of ``tests/cloud start``
    """
    for variable in [variable for variable in os.environ if variable.lower().endswith("_proxy")]:
        del os.environ[variable]
    return RunningCloud(name, Path(_tests_cloud("start", name, *options).splitlines()[-1]))


def stop(name: str, *, keep_logs: bool) -> None:
    """Stop a cloud, or what has come up of it."""
    _tests_cloud("stop", name)
    if not keep_logs:
        # Gone already, if a session has the tests of two folders, whose cloud is one.
        shutil.rmtree(REPOSITORY / ".cloud" / "run" / name, ignore_errors=True)


def _tests_cloud(command: str, name: str, *options: str) -> str:
    completed = subprocess.run(
        [OPENSTACK / "python", REPOSITORY / "tests" / "cloud", command, "--name", name, *options],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return completed.stdout
