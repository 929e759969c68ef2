# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments for checks whose tools do not go together with those in ``.venv``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
COLLECTION: Final = Path("ansible_collections", "portcullis", "openstack")


class Environment:
    """A virtual environment and the commands that are run in it."""

    def __init__(self, name: str, wrapper: Iterable[str]) -> None:
        self.folder = ROOT / ".cache" / "environments" / name
        self.tools = self.folder / "bin"
        self._wrapper = list(wrapper)

    def make(self, python: str, *requirements: str) -> bool:
        """Install what is required: as new as this Python takes, but nothing newer than what the other checks have."""
        constraints = self.folder.parent / "constraints.txt"
        constraints.parent.mkdir(parents=True, exist_ok=True)
        constraints.write_text((ROOT / "tests" / "requirements.txt").read_text().replace("==", "<="))
        install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", "-c"]
        return passes(python, "-m", "venv", self.folder) and passes(
            self.tools / "python", *install, constraints, *requirements
        )

    def link_collection(self) -> None:
        """Put the checkout where Ansible looks for collections."""
        (packages,) = self.folder.glob("lib/python3.*/site-packages")
        place = packages / COLLECTION
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(ROOT)

    def command(self, tool: str, *arguments: str | Path) -> list[str]:
        """Return the command that runs a tool of this environment."""
        path = f"PATH={self.tools}{os.pathsep}{os.environ['PATH']}"
        return ["env", *self._wrapper, path, str(self.tools / tool), *map(str, arguments)]


def passes(*command: str | Path, cwd: Path = ROOT) -> bool:
    """Run a command and return whether it ends well."""
    return subprocess.run(command, cwd=cwd, check=False).returncode == 0
