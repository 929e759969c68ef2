# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's own ``main()`` in this process: all of it but the start of a Python and the login."""

from __future__ import annotations

import importlib
import io
import json
import os
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import PortcullisError
from ansible_collections.portcullis.openstack.plugins.module_utils._module import module as _module
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import MODULES


@dataclass(frozen=True)
class Outcome:
    """What a module printed, and the error of ours that it raised, if it was one of ours."""

    result: dict[str, Any]
    error: PortcullisError | None

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))

    @property
    def message(self) -> str:
        return str(self.result.get("msg", ""))


def run_here(module: str, connection: Cloud, arguments: Mapping[str, Any], *, check_mode: bool = False) -> Outcome:
    """Run a module's ``main()`` with a connection that stands already. Anything it raises is the caller's."""
    errors: list[PortcullisError] = []
    tell = _module._message

    def overheard(error: PortcullisError) -> str:
        errors.append(error)
        return tell(error)

    output = io.StringIO()
    with (
        # Modules take texts that are not Unicode; only this process, which has a controller's parts, would refuse them.
        mock.patch.dict(os.environ, ANSIBLE_MODULE_STRICT_UTF8_RESPONSE="false"),
        patch_module_args({**arguments, "_ansible_check_mode": check_mode, "_ansible_diff": True}),
        mock.patch.object(_module, "Cloud", return_value=connection),
        mock.patch.object(_module, "_message", overheard),
        redirect_stdout(output),
        pytest.raises(SystemExit) as left,
    ):
        importlib.import_module(f"{MODULES}.{module}").main()
    outcome = Outcome(json.loads(output.getvalue()), errors[0] if errors else None)
    assert left.value.code == (1 if outcome.failed else 0)
    return outcome
