# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs a release into an environment of its own, by uv: in seconds, where pip takes minutes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from portcullis_cloud.errors import CloudError
from portcullis_cloud.layout import PROGRAM, environment_of, python_of
from portcullis_cloud.progress import say, timed
from portcullis_cloud.releases import Release


def install(release: Release) -> Path:
    """Make a release's environment anew; return where it is."""
    uv = shutil.which("uv")
    if uv is None:
        raise CloudError("uv, which installs releases, is not on the path: it is in .venv/bin after `make setup`")
    environment = environment_of(release)
    say(f"installing OpenStack {release.name} into {environment} (300 MB on disk) ...")
    with timed("installed"):
        _run([uv, "venv", "--quiet", "--clear", "--python", _interpreter(release), str(environment)])
        packages = str(PROGRAM / "releases" / f"{release.name}.txt")
        # The list is complete. Some of what it replaces is required by name, so requirements are not looked at.
        into = ["--python", str(python_of(release)), "--no-deps"]
        _run([uv, "pip", "install", "--quiet", *into, "--requirements", packages])
    return environment


def _run(command: list[str]) -> None:
    finished = subprocess.run(command, check=False)
    if finished.returncode:
        raise CloudError(f"failed: {' '.join(command)}")


def _interpreter(release: Release) -> str:
    """The Python that runs this program if the release runs on it, otherwise the newest on this machine that it does.

    Those that pyenv has installed are found too: the ones it puts on the path work only where a version is selected.
    Where there is none, uv downloads the one of this version, if it has it.
    """
    own = "{}.{}".format(*sys.version_info)
    if own in release.pythons:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in reversed(release.pythons):
        folders = [*map(Path, os.get_exec_path()), *pyenv.glob(f"versions/{version}.*/bin")]
        for python in (folder / f"python{version}" for folder in folders):
            if python.exists() and not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode:
                return str(python)
    return release.pythons[-1]
