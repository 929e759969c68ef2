# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Someone else who acts in the middle of a run: really, on the real cloud."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud

from .project import Project


class Crowded(Cloud):
    """A connection on which someone acts right before or right after a request of ours, the first or every one."""

    def __init__(
        self,
        project: Project,
        verb: str,
        *,
        before: Callable[[], object] | None = None,
        after: Callable[[], object] | None = None,
        always: bool = False,
    ) -> None:
        super().__init__({"cloud": project.cloud})
        original = getattr(self, verb)

        def crowded(*arguments: Any, **options: Any) -> Any:
            if not always:
                setattr(self, verb, original)
            if before is not None:
                before()
            answer = original(*arguments, **options)
            if after is not None:
                after()
            return answer

        setattr(self, verb, crowded)
