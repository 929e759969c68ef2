# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is recorded about a running cloud, so that later commands find it again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from portcullis_cloud.edition import Edition
from portcullis_cloud.layout import CloudDirectory
from portcullis_cloud.network_backends import NETWORK_BACKENDS
from portcullis_cloud.processes import Process
from portcullis_cloud.releases import RELEASES
from portcullis_cloud.services import ServiceSet


@dataclass
class State:
    """A cloud's range of ports, which it holds from before its first process, and its processes by service."""

    edition: Edition
    base_port: int
    processes: dict[str, Process] = field(default_factory=dict)

    def save(self, directory: CloudDirectory) -> None:
        temporary = directory.state_file.with_suffix(".new")
        content = {
            "release": self.edition.release.name,
            "services": self.edition.size,
            "network_backend": self.edition.network_backend.name,
            "base_port": self.base_port,
            "processes": {name: asdict(process) for name, process in self.processes.items()},
        }
        temporary.write_text(json.dumps(content, indent=2) + "\n")
        temporary.rename(directory.state_file)


def load(directory: CloudDirectory) -> State | None:
    """The state of a cloud; None if it is not running."""
    try:
        recorded = json.loads(directory.state_file.read_text())
    except FileNotFoundError:
        return None
    processes = {name: Process(**process) for name, process in recorded["processes"].items()}
    edition = Edition(
        ServiceSet(recorded["services"]),
        RELEASES[recorded["release"]],
        NETWORK_BACKENDS[recorded["network_backend"]],
    )
    return State(edition, recorded["base_port"], processes)
