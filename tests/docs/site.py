# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML of the built site."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / ".cache" / "docs" / "site"
# The sample page of an audit, which has tests of its own, is no page that Sphinx made.
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html") if path.parent.name != "_static")


@dataclass
class Document:
    """What links of a page lead to, and what on it can be linked to."""

    links: set[str] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.document = Document()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is not None and name in ("href", "src", "action"):
                self.document.links.add(value)
            elif value and (name == "id" or (name == "name" and tag == "a")):
                self.document.anchors.add(value)


@cache
def document(path: Path) -> Document:
    """Return what is on a page."""
    reader = _Reader()
    reader.feed(path.read_text())
    return reader.document
