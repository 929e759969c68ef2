# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to many clouds and projects shows what its example has."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "fan_out.rst"
EXAMPLE = ROOT / "examples" / "fan_out"


def test_the_guide_shows_the_example() -> None:
    blocks = re.findall(r"^\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", GUIDE.read_text(), flags=re.MULTILINE)
    inventory, variables = (yaml.safe_load(textwrap.dedent(block)) for block in blocks)
    assert inventory == yaml.safe_load((EXAMPLE / "inventory.yml").read_text())
    shared = yaml.safe_load((EXAMPLE / "group_vars" / "projects.yml").read_text())
    assert variables.items() <= shared.items()
