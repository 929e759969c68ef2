# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of releases: what it says of a release is what was recorded of its Neutron."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.documented_releases import documented, features
from ansible_collections.portcullis.openstack.tests.integration.harness.neutron_releases import RELEASES

PINS = Path(__file__).parents[2] / "cloud" / "releases"


@pytest.mark.parametrize("name", RELEASES)
def test_features(name: str) -> None:
    """What was recorded of releases; ``tests/integration/test_releases.py`` asks those that the test cloud runs."""
    recorded = RELEASES[name]
    assert documented()[name] == {**features(recorded.extensions), "Neutron": recorded.versions["neutron"]}


def test_versions_of_the_test_cloud() -> None:
    """Each release that the test cloud runs is on the page, with the Neutron that it runs."""
    pinned = {
        path.stem: re.search(r"^neutron==([0-9.]+)$", path.read_text(), re.MULTILINE) for path in PINS.glob("*.txt")
    }
    versions = {name: match[1] for name, match in pinned.items() if match}
    assert versions
    assert versions.items() <= {name: cells["Neutron"] for name, cells in documented().items()}.items()
