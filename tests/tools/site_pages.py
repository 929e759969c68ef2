# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add the front page, its sections and the lists of the reference to the pages that antsibull-docs has written.

Usage: site_pages.py FOLDER

``make docs`` runs it before Sphinx. The sections of the sidebar are those of ``docs/docsite/extra-docs.yml``, so that a
new guide is listed there and nowhere else. antsibull-docs makes its index of the collection the first page; here it
becomes a page of the reference.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
FRONT_PAGE = ROOT / "docs" / "site" / "index.rst"
SECTIONS = ROOT / "docs" / "docsite" / "extra-docs.yml"
# An entry of antsibull-docs' index: the name, the kind and, except for roles, the description.
ENTRY = re.compile(r"^\* :ansplugin:`(\w+) (\w+) <[^>]+>` --(.*)$", flags=re.MULTILINE)
TOCTREE = re.compile(r"^\.\. toctree::\n((?:[ ].*\n|\n)*)", flags=re.MULTILINE)
# Pages of antsibull-docs and of this program, by the page of extra-docs.yml that they follow in the sidebar.
FOLLOWERS = {
    "playbooks": ("roles", "modules", "filters"),
    "releases": ("collection",),
    "benchmarks": ("changelog",),
}
# Titles for the sidebar, of pages whose own is long.
TITLES = {"collection": "Index of the collection", "changelog": "Release notes"}


@dataclass(frozen=True)
class Entry:
    """A plugin or role."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True)
class Listing:
    """A page that lists all plugins of some kinds, or all roles."""

    page: str
    title: str
    introduction: str
    kinds: tuple[str, ...]


LISTINGS = (
    Listing(
        "roles", "Roles", "Use a role in a playbook of your own. The playbooks of the collection run these.", ("role",)
    ),
    Listing(
        "modules",
        "Modules",
        "The roles use ``security_group_set``, which plans groups, rules and attachments together. Use a module "
        "directly for a single task, or for what the roles do not cover.",
        ("module",),
    ),
    Listing(
        "filters",
        "Filters and lookups",
        "The roles use these to turn services and hosts into options of modules, to show what an audit found, and to "
        "write existing groups to a file.",
        ("filter", "lookup"),
    ),
)


def heading(title: str) -> str:
    """Return the title of a page."""
    return f"{title}\n{'=' * len(title)}\n\n"


def toctree(pages: list[str], caption: str = "") -> str:
    """Return a list of pages for the sidebar alone."""
    options = ["   :hidden:", *([f"   :caption: {caption}"] if caption else [])]
    return "\n".join([".. toctree::", *options, "", *(f"   {page}" for page in pages), "", ""])


def with_title(page: str) -> str:
    """Return a page as an entry of a toctree."""
    return f"{TITLES[page]} <{page}>" if page in TITLES else page


def sections() -> Iterator[str]:
    """Yield the sections of the sidebar."""
    for section in yaml.safe_load(SECTIONS.read_text())["sections"]:
        pages = []
        for page in section["toctree"]:
            pages += [f"docsite/{page}", *map(with_title, FOLLOWERS.get(page, ()))]
        yield toctree(pages, section["title"])


def short_description(role: str) -> str:
    """Return what a role does; antsibull-docs looks for it in another entry point."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
    return str(specs["argument_specs"]["run"]["short_description"])


def entries(index: str) -> list[Entry]:
    """Return the plugins and roles in antsibull-docs' index."""
    return [
        Entry(name, kind, short_description(name) if kind == "role" else description.strip())
        for name, kind, description in ENTRY.findall(index)
    ]


def listing_page(listing: Listing, found: list[Entry]) -> str:
    """Return a page with the plugins of some kinds."""
    own = [entry for entry in found if entry.kind in listing.kinds]
    lines = [
        f"* :ansplugin:`{entry.name} <portcullis.openstack.{entry.name}#{entry.kind}>`: {entry.description}"
        for entry in own
    ]
    pages = [f"{entry.name} <{entry.name}_{entry.kind}>" for entry in own]
    return f"{heading(listing.title)}{listing.introduction}\n\n" + "\n".join(lines) + f"\n\n{toctree(pages)}"


def links(match: re.Match[str]) -> str:
    """Return the pages of a toctree as links, which do not make them a part of the sidebar once more."""
    options, _blank, pages = match[1].partition("\n\n")
    return "" if ":hidden:" in options else "".join(f"* :doc:`{page}`\n" for page in pages.split()) + "\n"


def collection_page(index: str) -> str:
    """Return antsibull-docs' index as a page of the reference."""
    described = ENTRY.sub(
        lambda match: f"{match[0].rstrip()} {short_description(match[1])}" if match[2] == "role" else match[0], index
    )
    return TOCTREE.sub(links, described)


def main() -> int:
    """Write the pages."""
    folder = Path(sys.argv[1])
    index = (folder / "index.rst").read_text()
    found = entries(index)
    (folder / "collection.rst").write_text(collection_page(index))
    for listing in LISTINGS:
        (folder / f"{listing.page}.rst").write_text(listing_page(listing, found))
    (folder / "index.rst").write_text("\n".join([FRONT_PAGE.read_text(), *sections()]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
