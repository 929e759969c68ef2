# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of releases: what it says of a release is what was recorded of its Neutron."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.neutron_releases import RELEASES

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "docsite" / "rst" / "releases.rst"
EXTENSIONS = {
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


def table() -> dict[str, dict[str, str]]:
    """Return the cells of the page by feature and release."""
    rows = [re.findall(r"- (.+)", row) for row in PAGE.read_text().split("   * ")[1:]]
    (_feature, *releases), *features = rows
    return {name: dict(zip(releases, cells, strict=False)) for name, *cells in features}


@pytest.mark.parametrize("name", RELEASES)
def test_features(name: str) -> None:
    found = {feature: cells[name if name[0].isdecimal() else name.title()] for feature, cells in table().items()}
    recorded = RELEASES[name]
    assert found.pop("Neutron") == recorded.versions["neutron"]
    assert found == {
        feature: "yes" if extension in recorded.extensions else "no" for feature, extension in EXTENSIONS.items()
    }


def test_versions_of_the_test_cloud() -> None:
    """Each release that the test cloud runs is on the page, with the Neutron that it runs."""
    folder = ROOT / "tests" / "cloud" / "releases"
    pinned = {
        path.stem: re.search(r"^neutron==([0-9.]+)$", path.read_text(), re.MULTILINE) for path in folder.glob("*.txt")
    }
    versions = {name: match[1] for name, match in pinned.items() if match}
    on_the_page = {release.lower(): version for release, version in table()["Neutron"].items()}
    assert versions.items() <= on_the_page.items()
