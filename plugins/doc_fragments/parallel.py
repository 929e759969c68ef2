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
      - Number of groups or ports to change at the same time, from 1 to 10. With V(1), they are changed one after the
        other.
      - A higher value makes a run faster if the network latency is high or the cloud has many API workers. The number
        of requests stays the same.
    type: int
    default: 4
"""
