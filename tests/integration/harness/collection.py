# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as users get it: built, and installed into an empty place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .clouds import REPOSITORY
from .processes import clean_environment

TOOLS = Path(sys.executable).parent


def run_tool(name: str, *arguments: str | Path, **environment: str) -> str:
    """Run a program of the tests' own environment, which must succeed, and return what it prints."""
    completed = subprocess.run(
        [TOOLS / name, *arguments],
        env=clean_environment() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stdout
    return completed.stdout


def install(folder: Path) -> Path:
    """Build and install the collection as ``ansible-galaxy`` does, and return the folder of collections."""
    run_tool("ansible-galaxy", "collection", "build", "--output-path", folder, REPOSITORY)
    (artefact,) = folder.glob("portcullis-openstack-*.tar.gz")
    collections = folder / "collections"
    options = ("--force", "--offline", "--collections-path", collections)
    run_tool("ansible-galaxy", "collection", "install", *options, artefact)
    return collections
