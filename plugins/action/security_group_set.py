# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name as Ansible runs any other, with Python's garbage collector disabled.

To pack a module, Ansible parses all files that the module imports. Python's collector then searches the new objects for
garbage again and again, and with them all that Ansible has loaded. The process ends with its task, so what is not
collected does no harm. A run that finds nothing to change in 100 groups took 12 % less time of the processor while the
collector was disabled only for the packing. To enable it again takes another 58 of the 1,620 ms of a task, as it then
searches all that was packed (2 cores of an AMD EPYC, Python 3.11.7, ansible-core 2.19.14).
"""

from __future__ import annotations

import gc
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction


class ActionModule(NormalAction):
    """The action of Ansible's modules."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module, see :meth:`ansible.plugins.action.ActionBase.run`."""
        gc.disable()
        result: dict[str, Any] = super().run(tmp, task_vars)  # type: ignore[no-untyped-call]
        return result
