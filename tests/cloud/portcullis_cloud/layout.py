# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything lies: the program's own files, and the run-time files under ``.cloud``."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from portcullis_cloud.releases import NEWEST, Release

PROGRAM = Path(__file__).resolve().parent.parent
TEMPLATES = PROGRAM / "etc"
REPOSITORY = PROGRAM.parent.parent
_ROOT = REPOSITORY / ".cloud"


def environment_of(release: Release) -> Path:
    """The virtual environment that holds a release."""
    return _ROOT / "venv" if release is NEWEST else _ROOT / "releases" / release.name


def python_of(release: Release) -> Path:
    """The Python that runs a release's services."""
    return environment_of(release) / "bin" / "python"


@dataclass(frozen=True)
class CloudDirectory:
    """The files of one cloud, running or being prepared.

    Only ``data`` outlives a run, as a snapshot: everything else is written anew for each start.
    """

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def data(self) -> Path:
        """Databases, keys, images and the services' state."""
        return self.root / "data"

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def tmp(self) -> Path:
        """Home, cache and temporary files of the services, so that they write nowhere else."""
        return self.root / "tmp"

    @property
    def sockets(self) -> Path:
        """Where the network backend's daemons listen."""
        return self.root / "sockets"

    @property
    def state_file(self) -> Path:
        return self.root / "state.json"

    @property
    def clouds_yaml(self) -> Path:
        return self.root / "clouds.yaml"

    @property
    def requests_log(self) -> Path:
        return self.logs / "requests.log"

    def log_of(self, service: str) -> Path:
        return self.logs / f"{service}.log"

    def create(self) -> None:
        """Make the directory anew, without data."""
        self.remove()
        for directory in (self.etc, self.logs, self.sockets, self.tmp):
            directory.mkdir(parents=True)

    def remove(self) -> None:
        if self.root.exists():
            shutil.rmtree(self.root)

    def remove_all_but_logs(self) -> None:
        """Leave what explains a failure. The state goes last: until then, the cloud can be found again."""
        for directory in (self.data, self.etc, self.sockets, self.tmp):
            shutil.rmtree(directory, ignore_errors=True)
        self.clouds_yaml.unlink(missing_ok=True)
        self.state_file.unlink(missing_ok=True)


@dataclass(frozen=True)
class Workspace:
    """The git-ignored directory that holds snapshots and clouds."""

    root: Path = _ROOT

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def clouds_yaml(self) -> Path:
        """The file of the cloud named ``default``, at a place that never changes."""
        return self.root / "clouds.yaml"

    def cloud(self, name: str) -> CloudDirectory:
        return CloudDirectory(self.run / name)

    def clouds(self) -> list[CloudDirectory]:
        """Every cloud that was started and not stopped, dead ones included."""
        return [CloudDirectory(state.parent) for state in sorted(self.run.glob("*/state.json"))]
