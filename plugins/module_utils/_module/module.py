# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module does around its work: options, log, connection, and one message for whatever goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.common.validation import check_type_dict

from .._cloud.cloud import Cloud
from .._cloud.session import IMPORT_ERROR, enable_sdk_log
from .._common.errors import InputError, PortcullisError
from .._common.options import given, read_options
from .._rules.doubts import doubts_of
from .argspec import AUTH, Spec
from .secrets import secrets_of

_SHOWN_STEPS: Final = 5
_UNCHANGED: Final = "This task changed nothing."
# The verbosity, as in -vvv, from which on Ansible shows the options that the result of a module repeats.
_SHOWS_OPTIONS: Final = 3
_UNVERIFIED: Final = (
    "The certificates of the cloud are not verified (validate_certs: false, or verify: false in clouds.yaml): anyone "
    "on the network in between can read and change all requests, including the password. Set ca_cert instead."
)

Work = Callable[[Cloud, bool], dict[str, Any]]


class _Module(AnsibleModule):
    """A module that shows no credentials, wherever they stand in its options."""

    def hide_secrets(self, auth: Mapping[str, Any] | None = None) -> None:
        """Hide what the options say, and credentials that are written elsewhere."""
        self.no_log_values = secrets_of({**self.params, "auth": auth or self.params.get("auth")}, self.no_log_values)

    def warn_of(self, warnings: Iterable[str]) -> None:
        """Show warnings, whether the module fails or not."""
        for warning in warnings:
            self.warn(warning)

    def _load_params(self) -> None:
        """Remove omitted values and apply ``overrides``, before Ansible validates the options."""
        super()._load_params()  # type: ignore[no-untyped-call]
        # Of lists, ansible-core up to 2.18 leaves it to modules to take out what is omitted.
        self.written = given(self.params)
        if "overrides" in self.argument_spec:
            self._override()
        self.params = {**self.written}

    def _override(self) -> None:
        """Apply ``overrides``, whichever name or alias they use. If it is not a mapping, Ansible refuses it."""
        try:
            overrides = check_type_dict(self.written.get("overrides"))
        except TypeError:
            return
        del self.written["overrides"]
        chosen = {str(name): value for name, value in overrides.items() if value not in (None, "")}
        for canonical, option in self.argument_spec.items():
            names = {canonical, *option.get("aliases", ())}
            if names & chosen.keys():
                self.written = {name: value for name, value in self.written.items() if name not in names}
        for name, value in chosen.items():
            # Ansible's own settings, such as that of check mode, are among the options; it refuses them by this name.
            internal = name.startswith("_") or name == "overrides"
            self.written[f"overrides.{name}" if internal else name] = value

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        # Called before run() gets a module, if Ansible refuses the options.
        self.hide_secrets()
        super().fail_json(self._refused() or msg, **result)

    def _refused(self) -> str | None:
        """Return all errors in the options, with their places. Ansible itself reports only the first one."""
        if not self.validation_result.error_messages:
            return None
        spec = {name: option for name, option in self.argument_spec.items() if name not in AUTH}
        try:
            read_options(spec, {name: self.params[name] for name in spec if name in self.params})
        except InputError as error:
            return f"{error}\n{_UNCHANGED}"
        return None

    def _log_invocation(self) -> None:
        # Ansible's own would log the options before anyone could tell which of them are secret.
        self.log("Invoked")  # type: ignore[no-untyped-call]

    @contextmanager
    def hiding_in_logs(self) -> Iterator[None]:
        """Let no library log a secret, neither to the SDK's log nor, where there is none, to the screen."""
        make_record = logging.getLogRecordFactory()

        def make_masked_record(*arguments: Any, **options: Any) -> logging.LogRecord:
            record = make_record(*arguments, **options)
            record.msg, record.args = remove_values(record.getMessage(), self.no_log_values), None
            return record

        logging.setLogRecordFactory(make_masked_record)
        try:
            yield
        finally:
            logging.setLogRecordFactory(make_record)


def run(spec: Spec, prepare: Callable[[Mapping[str, Any]], Work], **rules: Any) -> None:
    """Run a module.

    :param spec: the module's own options, which join the shared ones for authentication
    :param prepare: judges the options and returns the work to do, before anything is connected; the work gets
        the cloud and whether check mode is on, and returns the result, with ``warnings`` if there are any
    :param rules: further arguments of ``AnsibleModule``, such as ``mutually_exclusive``
    """
    module = _Module(argument_spec={**AUTH, **spec}, supports_check_mode=True, **rules)  # type: ignore[no-untyped-call]
    module.hide_secrets()
    if IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("openstacksdk"), exception=IMPORT_ERROR)
    module.warn_of(doubts_of(spec, module.written))
    try:
        with module.hiding_in_logs():
            result = _work(module, prepare)
    except PortcullisError as error:
        module.warn_of(error.warnings)
        module.fail_json(msg=_message(error), changed=bool(error.done), applied=list(error.done))
    module.warn_of(result.pop("warnings", ()))
    module.exit_json(**result)


def _work(module: _Module, prepare: Callable[[Mapping[str, Any]], Work]) -> dict[str, Any]:
    if module.params["sdk_log_path"] is not None:
        enable_sdk_log(module.params["sdk_log_path"], module.params["sdk_log_level"])
    work = prepare(module.params)
    if module._verbosity < _SHOWS_OPTIONS:
        # In the result they would take longer on their way than anything else a large set does.
        module.params = {name: value for name, value in module.params.items() if not isinstance(value, list)}
    cloud = Cloud(module.params)
    module.hide_secrets(cloud.credentials)
    if not cloud.verifies_tls:
        module.warn(_UNVERIFIED)
    cloud.log_in()
    return work(cloud, module.check_mode)


def _message(error: PortcullisError) -> str:
    if not error.done:
        return f"{error}\n{_UNCHANGED}"
    steps = "; ".join(error.done[-_SHOWN_STEPS:])
    more = len(error.done) - _SHOWN_STEPS
    before = f"{more} steps, listed under applied, then: " if more > 0 else ""
    return f"{error}\nChanged before that: {before}{steps}. Run again to continue."
