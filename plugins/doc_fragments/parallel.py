# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option that says how many changes are made at once."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_argspec.PARALLEL``."""

    DOCUMENTATION = r"""
options:
  parallel:
    description:
      - How many groups or ports are changed at the same time, from 1 to 10. With 1 they come one after the other.
      - The number of requests is the same with any value. A higher one saves waiting where the cloud is far away or has
        many workers.
    type: int
    default: 4
"""
