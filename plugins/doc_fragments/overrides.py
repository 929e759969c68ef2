# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option with which the roles pass on their variables."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_argspec.OVERRIDES``."""

    DOCUMENTATION = r"""
options:
  overrides:
    description:
      - Options of this module that take precedence over C(module_defaults), including their aliases. Empty strings and
        null values are ignored.
      - The roles pass their variables here. An option that a task sets to C(omit) would hide the value in
        C(module_defaults).
    type: dict
"""
