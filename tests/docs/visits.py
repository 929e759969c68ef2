# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a browser finds on a page of the site. A page is loaded once, for all tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, Request

# The package has axe-core and no types.
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
# A phone, a tablet and a laptop.
WIDTHS = (390, 768, 1280)
HEIGHT = 900
# The levels of the Web Content Accessibility Guidelines that have contrast and labels. Without preload, axe does not
# fetch style sheets again, which it would do with a wrong address for those that a style sheet imports.
OPTIONS = {"resultTypes": ["violations"], "preload": False}
RULES = {**OPTIONS, "runOnly": ["wcag2a", "wcag2aa"], "rules": {"color-contrast": {"enabled": False}}}
CONTRAST = {**OPTIONS, "runOnly": ["color-contrast"]}
# Judging the contrast of every word of a long page takes seconds. Text in elements with the same classes, in ancestors
# with the same classes, has the same colours on every page: this leaves text that is the first of its kind.
KEEP_NEW_TEXT = """known => {
  const seen = new Set(known);
  const path = element => element ? `${path(element.parentElement)} ${element.tagName}.${element.className}` : "";
  for (const element of document.body.querySelectorAll("*")) {
    const texts = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (texts.length && element.checkVisibility()) {
      const kind = path(element);
      if (seen.has(kind)) texts.forEach(node => node.remove());
      seen.add(kind);
    }
  }
  return [...seen];
}"""
# The theme cuts off what is wider than the screen, so the width of the page does not show it. Code and tables may be
# wider, where they scroll.
TOO_WIDE = """() => {
  const scrolls = element => /auto|scroll/.test(getComputedStyle(element).overflowX);
  const inside = element => element.closest("[role=main] *") && (scrolls(element) || inside(element.parentElement));
  return [...document.querySelectorAll("body *")]
    .filter(element => element.getBoundingClientRect().right > innerWidth + 1 && !inside(element.parentElement))
    .map(element => element.outerHTML.slice(0, 120));
}"""
WRAPPED = "() => [...document.querySelectorAll('pre')].filter(e => getComputedStyle(e).whiteSpace !== 'pre').length"
# Words of names whose letters are on several lines. Only a name that is longer than the line may be.
SPLIT_NAMES = """() => {
  const found = [];
  for (const element of document.querySelectorAll(".wy-menu-vertical a, h1, .rst-content code .pre, td a")) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      for (const word of walker.currentNode.data.matchAll(/[\\w.]+/g)) {
        const range = document.createRange();
        range.setStart(walker.currentNode, word.index);
        range.setEnd(walker.currentNode, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map(line => Math.round(line.top))).size > 1) found.push(word[0]);
      }
    }
  }
  return found;
}"""
BROKEN = "() => [...document.images].filter(e => !e.naturalWidth).map(e => e.src)"


@dataclass
class Visit:
    """What was found on a page."""

    too_wide: dict[int, list[str]]
    split_names: dict[int, list[str]]
    wrapped_code: int
    broken_images: list[str]
    violations: list[str]
    problems: list[str]


def watched(page: Page, url: str) -> list[str]:
    """Return a list that gets the errors of a page, and its requests to other sites."""
    problems: list[str] = []

    def of_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    def of_request(request: Request) -> None:
        if not request.url.startswith((url, "data:")):
            problems.append(f"request to {request.url}")

    page.on("console", of_console)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", of_request)
    return problems


def violated(page: Page, options: dict[str, Any]) -> list[str]:
    """Return the rules of axe that elements of a page violate."""
    violations = page.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{violation['id']}: {node['html']}" for violation in violations for node in violation["nodes"]]


class Visits:
    """The visits of all pages, in one tab of the browser."""

    def __init__(self, tab: Page, url: str) -> None:
        self._tab = tab
        self._url = url
        self._problems = watched(tab, url)
        self._kinds_of_text: list[str] = []
        self._done: dict[str, Visit] = {}

    def __getitem__(self, page: str) -> Visit:
        """Return what is on a page, after a visit if that is the first time."""
        if page not in self._done:
            self._done[page] = self._visit(page)
        return self._done[page]

    def _visit(self, page: str) -> Visit:
        self._problems.clear()
        self._tab.goto(f"{self._url}/{page}")
        too_wide, split_names = {}, {}
        for width in WIDTHS:
            self._tab.set_viewport_size({"width": width, "height": HEIGHT})
            too_wide[width] = self._tab.evaluate(TOO_WIDE)
            split_names[width] = self._tab.evaluate(SPLIT_NAMES)
        wrapped_code, broken_images = self._tab.evaluate(WRAPPED), self._tab.evaluate(BROKEN)
        return Visit(too_wide, split_names, wrapped_code, broken_images, self._violations(), [*self._problems])

    def _violations(self) -> list[str]:
        self._tab.evaluate(AXE)
        violations = violated(self._tab, RULES)
        self._kinds_of_text = self._tab.evaluate(KEEP_NEW_TEXT, self._kinds_of_text)
        return violations + violated(self._tab, CONTRAST)
