# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ansible-playbook, with the clock."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, clean_environment
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Proxy

_PLAYBOOKS: Final = Path(__file__).parent / "playbooks"


@dataclass(frozen=True)
class Play:
    """A playbook and its variables; it does a share of the work, one of so many."""

    playbook: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    shares: int = 1
    changes: bool = False

    def run(self, directory: Path, proxy: Proxy | None = None) -> float:
        """Run it with the clouds.yaml of a directory, and return the seconds that took.

        It must succeed, and change something or nothing as it should.
        """
        vars_file = directory / "vars.json"
        vars_file.write_text(json.dumps(self.variables))
        environment = {"OS_CLIENT_CONFIG_FILE": str(directory / "clouds.yaml")}
        if proxy is not None:
            environment["http_proxy"] = proxy.url
        start = time.perf_counter()
        completed = subprocess.run(
            [Path(sys.executable).parent / "ansible-playbook", self._path, "-e", f"@{vars_file}"],
            env=clean_environment() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        assert completed.returncode == 0, completed.stdout
        changed = PlaybookRun(0, completed.stdout).count("changed") > 0
        assert changed == self.changes, completed.stdout
        return seconds

    @property
    def _path(self) -> str | Path:
        """A playbook of this folder, or one of a collection by its full name."""
        return self.playbook if "." in self.playbook else _PLAYBOOKS / f"{self.playbook}.yml"


PING: Final = Play("ping")
