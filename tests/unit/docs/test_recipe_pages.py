# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recipe has a page that shows its file and its plan."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
DOCSITE = ROOT / "docs" / "docsite"
PAGES = DOCSITE / "rst" / "recipes"


def stems(folder: Path, pattern: str) -> set[str]:
    return {path.stem for path in folder.glob(pattern)}


def test_pages_files_and_plans_are_complete() -> None:
    recipes = stems(ROOT / "examples" / "recipes", "*.yml")
    assert recipes == stems(PAGES, "*.rst") == stems(ROOT / "docs" / "plans", "*.diff")
    sections = yaml.safe_load((DOCSITE / "extra-docs.yml").read_text())["sections"]
    (listed,) = [section["toctree"] for section in sections if section["title"] == "Recipes"]
    assert sorted(listed) == ["recipes", *(f"recipes/{name}" for name in sorted(recipes))]
    overview = (DOCSITE / "rst" / "recipes.rst").read_text()
    assert {name for name in recipes if f"docsite.recipes.{name}`" in overview} == recipes


def test_a_page_shows_the_file_and_the_plan() -> None:
    for page in PAGES.glob("*.rst"):
        included = re.findall(r"^\.\. literalinclude:: (.+)$", page.read_text(), flags=re.MULTILINE)
        assert [(page.parent / path).resolve() for path in included] == [
            ROOT / "examples" / "recipes" / f"{page.stem}.yml",
            ROOT / "docs" / "plans" / f"{page.stem}.diff",
        ]
