# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ``ansible-test sanity`` on a copy of the checkout.

ansible-test insists on a folder ``ansible_collections/portcullis/openstack`` that is not a symbolic link, and on a
git repository to tell it what there is to test. It keeps its own virtual environments in the home folder. All three are
made in ``.cache/sanity``; arguments are handed on to ansible-test.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache" / "sanity"
HOME = WORK / "home"
COPY = WORK / "ansible_collections" / "portcullis" / "openstack"

# ansible-test fetches a script to install pip with, unless one lies where it keeps its downloads. This one needs
# nothing but Python and the package index. The versions are what ansible-core 2.16, 2.19 and 2.20 onwards ask for.
PIP_VERSIONS = ("23.1.2", "24.2", "25.2")
GET_PIP = '''\
"""Install pip: Python's own first, then the version that is asked for."""

import subprocess
import sys

wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *wanted])
'''

NOTHING_TESTED = "All targets skipped"


def checkout_files() -> Iterator[Path]:
    """Yield what git tracks, or would track, relative to the checkout."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in listing.rstrip("\0").split("\0"):
        if os.path.lexists(ROOT / name):
            yield Path(name)


def copy_checkout() -> None:
    """Make the copy anew."""
    shutil.rmtree(COPY, ignore_errors=True)
    for name in checkout_files():
        target = COPY / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    subprocess.run(["git", "-c", "init.defaultBranch=main", "init", "--quiet"], cwd=COPY, check=True)


def prepare_home() -> None:
    """Give ansible-test a home with the means to install pip, and pip's settings, which it does not hand on."""
    downloads = HOME / ".ansible" / "test" / "cache"
    downloads.mkdir(parents=True, exist_ok=True)
    for version in PIP_VERSIONS:
        (downloads / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP)
    settings = HOME / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)
    settings.write_text("\n".join(["[global]", *pip_settings()]) + "\n")


def pip_settings() -> Iterator[str]:
    """Yield pip's settings, from its files and the environment alike, as lines of a file."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    # One `section.name='value'` a line; the section of the environment, which has the last word, comes first.
    named = (line.split("=", maxsplit=1) for line in reversed(listing.splitlines()))
    settings = {key.rpartition(".")[2]: str(ast.literal_eval(value)) for key, value in named} | {"quiet": "2"}
    for name, value in settings.items():
        yield f"{name} = " + value.replace("\n", "\n  ")


def run(arguments: list[str]) -> int:
    """Run ansible-test, show what it says, and fail also where it found nothing to test."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    tools = Path(sys.executable).parent
    color = "yes" if sys.stdout.isatty() else "no"
    command = [str(tools / "ansible-test"), "sanity", "--local", "--python", version, "--color", color, *arguments]
    environment = {**os.environ, "HOME": str(HOME), "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    tested = True
    with subprocess.Popen(
        command, cwd=COPY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            tested = tested and NOTHING_TESTED not in line
    if not tested:
        print("ansible-test found nothing to test: that is a failure here.", file=sys.stderr)
    return process.returncode or int(not tested)


def main() -> int:
    """Copy the checkout and test the copy."""
    prepare_home()
    copy_checkout()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
