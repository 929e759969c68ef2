# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unit tests run with the network off, which this import would notice: it asks the socket module for a name."""

from __future__ import annotations

import ansible.module_utils.basic  # noqa: F401 - imported here so that no test is the first to do it
