# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The garbage collector rests while the module runs."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.portcullis.openstack.plugins.action.security_group_set import ActionModule


def test_it_rests_while_the_module_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_self: NormalAction, *given: Any) -> dict[str, Any]:
        return {"given": given, "collecting": gc.isenabled()}

    monkeypatch.setattr(NormalAction, "run", run)
    variables = {"name": "value"}
    try:
        result = ActionModule.__new__(ActionModule).run(None, variables)
    finally:
        gc.enable()
    assert result == {"given": (None, variables), "collecting": False}
