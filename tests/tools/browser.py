# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the browser that the tests of the documentation site run in, or install Debian's Chromium if there is none."""

from __future__ import annotations

import shutil
import sys

from ansible_collections.portcullis.openstack.tests.tools.debian import provide

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def browser() -> str | None:
    """Return the path of the browser, or None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def missing() -> list[str]:
    """Return what to look for, if there is no browser."""
    return [] if browser() else ["chromium"]


if __name__ == "__main__":
    sys.exit(not provide(missing, ["chromium"]))
