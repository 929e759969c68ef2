# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``--cases``: of each test, at most so many cases, spread evenly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
import pytest

@pytest.mark.parametrize("case", range(7))
def test_many(case): ...

@pytest.mark.parametrize("case", ["a[1]", "a[2]"])
def test_two(case): ...

def test_one(): ...
"""


@pytest.mark.parametrize(
    ("options", "many"),
    [
        ((), range(7)),
        (("--cases", "1"), (0,)),
        (("--cases", "2"), (0, 6)),
        (("--cases", "3"), (0, 3, 6)),
        (("--cases", "7"), range(7)),
    ],
)
def test_some_cases_of_each_test(options: tuple[str, ...], many: tuple[int, ...], tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TEST)
    plugin = "ansible_collections.portcullis.openstack.tests.conftest"
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", plugin, "-c", "/dev/null", *options]
    found = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=True).stdout
    names = [line.partition("::")[2] for line in found.splitlines() if "::" in line]
    two = ["test_two[a[1]]", "test_two[a[2]]"][: len(many)]
    assert names == [*(f"test_many[{case}]" for case in many), *two, "test_one"]
