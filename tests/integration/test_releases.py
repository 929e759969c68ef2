# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release of OpenStack that the tests run on has what the documentation says of it."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.documented_releases import documented, features


def test_features(admin: Api, request: pytest.FixtureRequest) -> None:
    releases = documented()
    newest = list(releases)[-1]
    cells = releases[request.config.getoption("--release") or newest]
    assert features(admin.extensions) == {feature: cell for feature, cell in cells.items() if feature != "Neutron"}
