# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links inside the site lead somewhere, and links to the repository to files of this checkout."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ansible_collections.portcullis.openstack.tests.docs.site import ROOT, SITE, document

REPOSITORY = re.compile(
    r"https://(?:github\.com/portcullis-openstack/portcullis\.openstack/(?:blob|tree|edit)"
    r"|raw\.githubusercontent\.com/portcullis-openstack/portcullis\.openstack)/main/([^?#]+)"
)
EDIT = "https://github.com/portcullis-openstack/portcullis.openstack/edit/main/"
# It has no file: Sphinx makes it.
SEARCH = "search.html"


def broken(page: Path, link: str) -> bool:
    """Return whether a link of a page leads to a file or an anchor that is not there."""
    if repository := REPOSITORY.match(link):
        return not (ROOT / repository[1]).exists()
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return True
    return bool(parts.fragment) and unquote(parts.fragment) not in document(target).anchors


def test_links(page: str) -> None:
    path = SITE / page
    assert sorted(link for link in document(path).links if broken(path, link)) == []


def test_every_page_links_to_its_source(page: str) -> None:
    links = [link for link in document(SITE / page).links if link.startswith(EDIT)]
    assert len(links) == (page != SEARCH)
