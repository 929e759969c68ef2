# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.portcullis.openstack.plugins.plugin_utils._action import ActionModule


def test_the_garbage_collector_rests_while_a_module_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(_action: NormalAction, _tmp: None, task_vars: dict[str, Any]) -> dict[str, Any]:
        assert not gc.isenabled()
        return {"told": task_vars}

    monkeypatch.setattr(NormalAction, "run", run)
    assert ActionModule.__new__(ActionModule).run(None, {"a": 1}) == {"told": {"a": 1}}
    assert gc.isenabled()


def test_it_works_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_arguments: Any) -> dict[str, Any]:
        raise TimeoutError

    monkeypatch.setattr(NormalAction, "run", run)
    with pytest.raises(TimeoutError):
        ActionModule.__new__(ActionModule).run()
    assert gc.isenabled()
