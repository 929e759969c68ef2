# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option that the tests of several folders have in common."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the caller choose what the tests run against."""
    parser.addoption("--release", metavar="NAME", help="the OpenStack to test on; `tests/cloud start --help` lists them")
