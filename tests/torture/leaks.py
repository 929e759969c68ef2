# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for secrets in all that a process says and leaves behind."""

from __future__ import annotations

import os
import subprocess
import uuid
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ansible_collections.portcullis.openstack.tests.integration.harness.processes import clean_environment

# Whatever is done to the special characters of a secret to put it into a message, a URL or a body: these stay.
_CORE_LENGTH = 16
# How Keystone's Fernet tokens begin: with a version, and with a time before the year 2106.
_TOKEN = "gAAAAA"
# Stands for the module with which Ansible's modules write to the log of the system.
_SYSLOG = """
import os

def __getattr__(name):
    return 0

def openlog(*_arguments, **_options):
    pass

def syslog(*arguments):
    with open(os.environ["SYSLOG"], "a", encoding="utf-8") as log:
        log.write(f"{arguments[-1]}\\n")
"""


def new_secret() -> str:
    """Return a secret that is hard to quote."""
    return f"S'e\"c\\r {{t}}/%+ü{uuid.uuid4().hex[:_CORE_LENGTH]}"


def leaks(text: str, secrets: Sequence[str]) -> list[str]:
    """Return those of some secrets that a text has in whatever spelling, and the beginning of any token."""
    needles = [*(secret[-_CORE_LENGTH:] for secret in secrets), _TOKEN]
    return [needle for needle in needles if any(form in text for form in (needle, *_in_base64(needle)))]


def _in_base64(core: str) -> Iterator[str]:
    """Return what base64 makes of it wherever it stands, without the ends, in which its neighbours have a part."""
    for before in range(3):
        encoded = b64encode(bytes(before) + core.encode()).decode()
        bare = encoded.rstrip("=")
        yield bare[-(-before * 4 // 3) : len(bare) - (bare != encoded)]


class Scene:
    """A place for processes that leave traces: what they print and log, and the files that they do not remove."""

    def __init__(self, directory: Path) -> None:
        self.given = directory / "given"
        """For what the processes are given, secrets too: not searched."""
        self._traces = directory / "traces"
        for folder in (self.given, self._traces / "home", self._traces / "tmp"):
            folder.mkdir(parents=True)
        (self.given / "syslog.py").write_text(_SYSLOG)

    @property
    def sdk_log(self) -> Path:
        return self._traces / "sdk.log"

    def run(self, command: Sequence[str | Path], environment: Mapping[str, str], stdin: str = "") -> int:
        """Run a command, keep what it prints, and return its status."""
        search = filter(None, [str(self.given), os.environ.get("PYTHONPATH")])
        places = {"HOME": "home", "TMPDIR": "tmp", "SYSLOG": "syslog"}
        own = {name: str(self._traces / place) for name, place in places.items()}
        with (self._traces / "output").open("w+") as output:
            completed = subprocess.run(
                command,
                env={**clean_environment(), **own, "PYTHONPATH": os.pathsep.join(search), **environment},
                input=stdin,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        return completed.returncode

    @property
    def output(self) -> str:
        return (self._traces / "output").read_text()

    def traces(self) -> dict[str, str]:
        """Return the texts of all that the processes have left, and their names, by place."""
        files = sorted(path for path in self._traces.rglob("*") if path.is_file())
        return {str(f.relative_to(self._traces)): f"{f}\n{f.read_bytes().decode(errors='replace')}" for f in files}

    def leaks(self, secrets: Sequence[str]) -> dict[str, list[str]]:
        """Return the secrets that stand anywhere in the traces, by place."""
        found = {place: leaks(text, secrets) for place, text in self.traces().items()}
        return {place: secrets for place, secrets in found.items() if secrets}
