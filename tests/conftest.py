# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of pytest that all tests on a cloud have."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose the cloud, which ``tests/cloud start --help`` explains, and one to store plans."""
    parser.addoption("--release", metavar="NAME", help="release of OpenStack in the test cloud (default: the newest)")
    parser.addoption("--network-backend", default="none", help="network backend of the test cloud: none, or ovn")
    parser.addoption("--write-plans", action="store_true", help="store the plans of the recipes in docs/plans")
