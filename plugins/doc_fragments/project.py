# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option that names a project."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of ``_argspec.PROJECT``."""

    DOCUMENTATION = r"""
options:
  project:
    description:
      - Name or id of the project whose objects are managed. Names are looked up in this project.
      - By default, the project of the credentials. Another project usually requires administrator rights.
    type: str
"""
