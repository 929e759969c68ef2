# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the catalogue is the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "docsite" / "rst" / "catalogue.rst"


def test_the_page_lists_the_catalogue() -> None:
    listed = re.findall(r"^:([\w-]+): (.+)$", PAGE.read_text(), flags=re.MULTILINE)
    assert listed == [(name, ", ".join(entries)) for name, entries in sorted(SERVICES.items())]
