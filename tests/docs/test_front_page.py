# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first page: doors, the README's example, and the sections of the sidebar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from ansible_collections.portcullis.openstack.tests.docs.site import ROOT
from ansible_collections.portcullis.openstack.tests.tools.picture import readme_services


@pytest.fixture(scope="module")
def front(browser: Browser, url: str) -> Iterator[Page]:
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        page.goto(url)
        yield page


def test_doors(front: Page) -> None:
    doors = front.locator(".door")
    expect(doors).to_contain_text(["Try it", "Use it", "Come from another tool"])
    assert all(door.get_by_role("link").count() for door in doors.all())


def test_the_example_is_that_of_the_readme(front: Page) -> None:
    assert front.locator("pre").first.inner_text().strip() == readme_services().strip()


def test_pictures_are_described(front: Page) -> None:
    pictures = front.get_by_role("main").locator("img").all()
    assert [len(picture.get_attribute("alt") or "") > 50 for picture in pictures] == [True, True]


def test_sections(front: Page) -> None:
    """The sidebar has the sections of the published guides, with their pages and those of the reference."""
    sections = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text())["sections"]
    sidebar = front.locator(".wy-menu-vertical")
    expect(sidebar.get_by_role("heading")).to_have_text([section["title"] for section in sections], ignore_case=True)
    for title in ("Playbooks", "Roles", "Modules", "Filters and lookups", "Error messages", "Release notes"):
        expect(sidebar.get_by_role("link", name=title, exact=True)).to_be_visible()
