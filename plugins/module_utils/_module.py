# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module does around its work: options, log, connection, and one message for whatever goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ._argspec import AUTH, Spec
from ._cloud import IMPORT_ERROR, Cloud, enable_sdk_log
from ._errors import PortcullisError
from ._secrets import secrets_of

_SHOWN_STEPS: Final = 5

Work = Callable[[Cloud, bool], dict[str, Any]]


def run(spec: Spec, prepare: Callable[[Mapping[str, Any]], Work], **rules: Any) -> None:
    """Run a module.

    :param spec: the module's own options, which join the shared ones for authentication
    :param prepare: judges the options and returns the work to do, before anything is connected; the work gets
        the cloud and whether check mode is on, and returns the result, with ``warnings`` if there are any
    :param rules: further arguments of ``AnsibleModule``, such as ``mutually_exclusive``
    """
    # Ansible would log the options before anyone could tell it which of them are secret.
    module = AnsibleModule(argument_spec={**AUTH, **spec}, supports_check_mode=True, no_log=True, **rules)
    module.no_log_values = secrets_of(module.params, module.no_log_values)
    if IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("openstacksdk"), exception=IMPORT_ERROR)
    try:
        if module.params["sdk_log_path"] is not None:
            enable_sdk_log(module.params["sdk_log_path"], module.params["sdk_log_level"])
        work = prepare(module.params)
        result = work(Cloud(module.params), module.check_mode)
    except PortcullisError as error:
        module.fail_json(msg=_message(error), changed=bool(error.done), applied=list(error.done))
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


def _message(error: PortcullisError) -> str:
    if not error.done:
        return f"{error}\nNothing was changed."
    steps = "; ".join(error.done[-_SHOWN_STEPS:])
    more = len(error.done) - _SHOWN_STEPS
    before = f"{more} steps, listed under applied, then: " if more > 0 else ""
    return f"{error}\nChanged before that: {before}{steps}. Run again to continue."
