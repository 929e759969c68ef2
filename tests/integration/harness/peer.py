# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection that we are compared with and come from, openstack.cloud, in a place of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from .clouds import REPOSITORY

# Where Ansible finds it, in the environment of every run.
COLLECTIONS: Final = REPOSITORY / ".cache" / "peer"
VERSION: Final = "2.6.0"
# The package of all collections, which brings that version. It is for newer Pythons than openstack.cloud needs.
_PACKAGE: Final = "ansible==14.5.0"
_FOLDER: Final = "ansible_collections/openstack/"
_MANIFEST: Final = COLLECTIONS / "ansible_collections" / "openstack" / "cloud" / "MANIFEST.json"


def install() -> None:
    """Unpack openstack.cloud, unless it is there."""
    if not _MANIFEST.exists():
        with tempfile.TemporaryDirectory() as directory:
            _download(Path(directory))
    installed = json.loads(_MANIFEST.read_text())["collection_info"]["version"]
    assert installed == VERSION, f"{_PACKAGE} has openstack.cloud {installed}"


def _download(directory: Path) -> None:
    print(f"downloading {_PACKAGE} for its openstack.cloud (50 MB)…", flush=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--ignore-requires-python", "--dest", directory, _PACKAGE], check=True)
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files = [name for name in archive.namelist() if name.startswith(_FOLDER)]
        # Last, as it tells that all is there.
        files.append(files.pop(files.index(f"{_FOLDER}cloud/{_MANIFEST.name}")))
        archive.extractall(COLLECTIONS, files)
