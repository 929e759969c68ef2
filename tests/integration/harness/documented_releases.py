# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of releases in the documentation."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Final

_PAGE: Final = Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "releases.rst"
_EXTENSIONS: Final = {
    "groups, rules, attachments": "security-group",
    "sharing with projects": "rbac-security-groups",
    "tags and owners": "standard-attr-tag",
    "safe concurrent changes of ports (``If-Match``)": "revision-if-match",
    "quotas checked before the first change": "quota_details",
    "``stateful``": "stateful-security-group",
    "address groups": "address-group",
    "address groups as remotes of rules": "security-groups-remote-address-group",
    "default rules of the cloud": "security-groups-default-rules",
}


def features(extensions: Collection[str]) -> dict[str, str]:
    """Return the cells of a release by its extensions."""
    return {feature: "yes" if alias in extensions else "no" for feature, alias in _EXTENSIONS.items()}


def documented() -> dict[str, dict[str, str]]:
    """Return the cells by release, as the test cloud names it, from the oldest to the newest, and by feature."""
    rows = [re.findall(r"- (.+)", row) for row in _PAGE.read_text().split("   * ")[1:]]
    (_feature, *releases), *cells = rows
    return {
        release.lower(): {feature: of_releases[number] for feature, *of_releases in cells}
        for number, release in enumerate(releases)
    }
