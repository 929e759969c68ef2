# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to CI shows the pipelines of its example, and their commands are right."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "ci.rst"
EXAMPLE = ROOT / "examples" / "ci"
FILES = (".gitlab-ci.yml", ".github/workflows/security-groups.yml")
BLOCK = re.compile(r"^( *)\.\. code-block:: yaml\n\n((?:\1   .*\n|\n)+)", flags=re.MULTILINE)


def shown() -> list[str]:
    """Return the YAML that the guide shows."""
    return [textwrap.dedent(text).strip("\n") + "\n" for _indent, text in BLOCK.findall(GUIDE.read_text())]


@pytest.mark.parametrize("name", FILES)
def test_the_guide_shows_the_files(name: str) -> None:
    assert (EXAMPLE / name).read_text() in shown()


def test_the_guide_shows_the_requirements() -> None:
    requirements = yaml.safe_load((EXAMPLE / "requirements.yml").read_text())
    assert requirements in [yaml.safe_load(text) for text in shown()]


@pytest.mark.parametrize("name", FILES)
def test_the_commands_name_playbooks_and_variables_that_exist(name: str) -> None:
    text = (EXAMPLE / name).read_text()
    playbooks = re.findall(r"portcullis\.openstack\.(\w+) -e @services\.yml", text)
    assert len(playbooks) == text.count("ansible-playbook") == 3
    assert all((ROOT / "playbooks" / f"{playbook}.yml").is_file() for playbook in playbooks)
    report = (ROOT / "playbooks" / "tasks" / "report.yml").read_text()
    assert all(variable in report for variable in re.findall(r"-e (\w+)=", text))
