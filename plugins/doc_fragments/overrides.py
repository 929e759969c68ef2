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
      - Options of this module that win over those of C(module_defaults), also over their aliases. Empty texts and
        null count as not given.
      - The roles pass their variables here, as an option of a task hides the default even if it is omitted.
    type: dict
"""
