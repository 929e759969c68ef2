# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page in a browser, on a phone, a tablet and a laptop."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from ansible_collections.portcullis.openstack.tests.docs.visits import AXE, CONTRAST, WIDTHS, Visits, violated, watched

# What the search finds, on some page.
WORDS = ("bastion", "kubernetes", "drift", "1342")


def test_nothing_is_wider_than_the_screen(visits: Visits, page: str) -> None:
    assert visits[page].too_wide == {width: [] for width in WIDTHS}


def test_names_stay_on_one_line(visits: Visits, page: str) -> None:
    assert visits[page].split_names == {width: [] for width in WIDTHS}


def test_code_does_not_wrap(visits: Visits, page: str) -> None:
    assert visits[page].wrapped_code == 0


def test_all_images_are_shown(visits: Visits, page: str) -> None:
    assert visits[page].broken_images == []


def test_no_error_and_no_request_to_another_site(visits: Visits, page: str) -> None:
    assert visits[page].problems == []


def test_contrast_and_labels(visits: Visits, page: str) -> None:
    assert visits[page].violations == []


@pytest.mark.parametrize("word", WORDS)
def test_search(browser: Browser, url: str, word: str) -> None:
    with browser.new_page() as page:
        problems = watched(page, url)
        page.goto(f"{url}/index.html")
        page.get_by_label("Search docs").fill(word)
        page.keyboard.press("Enter")
        result = page.locator("#search-results li").filter(has_text=word).first
        expect(result).to_be_visible()
        page.evaluate(AXE)
        assert violated(page, CONTRAST) == []
        result.get_by_role("link").first.click()
        expect(page.get_by_role("main")).to_contain_text(word, ignore_case=True)
        assert problems == []
