# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what modules support."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules that change something, and of those that only read (``INFO``)."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    description: Can run in check mode and predict what would change, without changing anything.
  diff_mode:
    support: full
    description: Shows the changes as a plan, in check mode the predicted changes.
  idempotent:
    support: full
    description: A second run changes nothing.
  action_group:
    support: full
    membership: [portcullis.openstack.openstack]
    description: Use C(group/portcullis.openstack.openstack) in C(module_defaults) to set defaults for this module.
"""

    INFO = r"""
attributes:
  check_mode:
    support: full
    description: The module only reads, with and without check mode.
  diff_mode:
    support: N/A
    description: The module only reads.
  idempotent:
    support: full
    description: A second run changes nothing.
  action_group:
    support: full
    membership: [portcullis.openstack.openstack]
    description: Use C(group/portcullis.openstack.openstack) in C(module_defaults) to set defaults for this module.
"""
