# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built site on a port of this machine, and a browser that looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, sync_playwright

from ansible_collections.portcullis.openstack.tests.docs.site import PAGES, SITE
from ansible_collections.portcullis.openstack.tests.docs.visits import Visits
from ansible_collections.portcullis.openstack.tests.tools.browser import browser as browser_program


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def pytest_configure() -> None:
    """Refuse to pass without a site."""
    if not PAGES:
        raise pytest.UsageError("There is no site to test. Run make docs.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test with a parameter ``page`` for every page, and all tests of a page in one process."""
    if "page" in metafunc.fixturenames:
        pages = [pytest.param(page, marks=pytest.mark.xdist_group(page)) for page in PAGES]
        metafunc.parametrize("page", pages)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """Serve the site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser."""
    program = browser_program()
    if program is None:
        pytest.fail("There is no browser. Run make docs-test, which installs one or says how to.")
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=program) as started:
        yield started


@pytest.fixture(scope="session")
def visits(browser: Browser, url: str) -> Iterator[Visits]:
    """Return what the browser finds on each page."""
    with browser.new_page() as tab:
        yield Visits(tab, url)
