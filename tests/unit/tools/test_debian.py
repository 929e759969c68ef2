# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the system that a target needs are installed or named."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

import pytest

from ansible_collections.portcullis.openstack.tests.tools import browser, debian

APT = "/usr/bin/apt-get"


class Machine:
    """Has no program but apt-get, until the packages are installed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, user: int, good: bool = True) -> None:
        self.commands: list[Sequence[str]] = []
        self.installed = False
        self._good = good
        monkeypatch.setattr(os, "geteuid", lambda: user)
        monkeypatch.setattr(shutil, "which", lambda name: APT if name == "apt-get" else None)
        monkeypatch.setattr(subprocess, "run", self._run)

    def missing(self) -> list[str]:
        return [] if self.installed else ["chromium"]

    def _run(self, command: Sequence[str], **_options: object) -> None:
        self.commands.append(command)
        self.installed = self._good and "install" in command


def test_nothing_is_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, user=0)
    machine.installed = True
    assert debian.provide(machine.missing, ["chromium"])
    assert machine.commands == []


def test_root_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, user=0)
    assert debian.provide(machine.missing, ["chromium"])
    assert machine.commands == [["apt-get", "update", "--quiet"], [*debian.INSTALL, "chromium"]]


@pytest.mark.parametrize(("user", "commands"), [(0, 2), (1000, 0)])
def test_what_is_missing_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], user: int, commands: int
) -> None:
    machine = Machine(monkeypatch, user=user, good=False)
    assert not debian.provide(machine.missing, ["chromium"])
    assert len(machine.commands) == commands
    assert capsys.readouterr().err == (
        "Missing: chromium. On Debian and Ubuntu, run: sudo apt-get install --yes --no-install-recommends chromium\n"
    )


def test_any_of_several_browsers_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", {"google-chrome": "/opt/chrome"}.get)
    assert (browser.browser(), browser.missing()) == ("/opt/chrome", [])
    monkeypatch.setattr(shutil, "which", {}.get)
    assert (browser.browser(), browser.missing()) == (None, ["chromium"])
