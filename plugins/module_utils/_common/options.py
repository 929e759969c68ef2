# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options as users write them, read as Ansible reads those of a module; all errors at once, each with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ansible.module_utils.common.validation import check_type_dict, check_type_int

from .errors import InputError, Problems
from .names import attachment_label, group_label, host_label, rule_label
from .text import shown, truth

Spec = Mapping[str, Mapping[str, Any]]

# ansible-core 2.16 to 2.18 put a text into the place of an omitted value (ansible.vars.manager), and later releases an
# object of a private type (ansible._internal._templating._utils). Both drop it only where it is an option of a module.
_OMIT_TEXT: Final = "__omit_place_holder__"
_OMIT_TYPE: Final = "_OmitType"

_RULES: Final = ("rules", "security_group_rules")


def given(value: Any) -> Any:
    """Return a value without the parts that ``default(omit)`` omits, or None if the value itself is omitted.

    Reads every value once: Ansible's own lists and mappings render a value each time it is read.
    """
    if _is_omitted(value):
        return None
    if isinstance(value, Mapping):
        pairs = list(value.items())
        return {key: given(part) for key, part in pairs if not _is_omitted(part)}
    if isinstance(value, (list, tuple)):
        parts = list(value)
        return [given(part) for part in parts if not _is_omitted(part)]
    return value


def read_options(spec: Spec, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with the types that an argument spec gives them; None is as if not written.

    :param spec: an argument spec of Ansible, of which types, elements, choices, aliases and nested options count
    :raises InputError: for every option that is not in the spec and every value that cannot be right
    """
    names = {alias: name for name, option in spec.items() for alias in (name, *option.get("aliases", ()))}
    result = {}
    with Problems() as problems:
        for written, value in options.items():
            with problems.within():
                if written not in names:
                    raise InputError(
                        shown(str(written)), f"there is no such option; there are {', '.join(sorted(spec))}"
                    )
                if value is not None:
                    result[names[written]] = _read(written, spec[names[written]], value, options.get("service"))
        for name, option in spec.items():
            if option.get("required") and name not in result and options.get(name) is None:
                with problems.within():
                    raise InputError(name, "it is required")
    return result


def read_list(option: str, value: Any) -> list[Any]:
    """Return the entries of a list without omitted ones. A text is split at its commas, as in modules.

    :raises InputError: if it is no list
    """
    if isinstance(value, (list, tuple)):
        return [entry for entry in value if not _is_omitted(entry)]
    if _is_omitted(value):
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    if value is None or isinstance(value, (int, float)):
        return [] if value is None else [value]
    raise InputError(option, "it is a mapping, not a list; begin each entry with a dash")


def read_mappings(option: str, value: Any) -> list[Mapping[str, Any]]:
    """Return the entries of a list of mappings.

    :raises InputError: if it is no list, or an entry is no mapping
    """
    entries: list[Any] = [value] if isinstance(value, str) and not _is_omitted(value) else read_list(option, value)
    for position, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping):
            raise InputError(option, f"entry {position} is {entry!r}; write a mapping")
    return entries


def _is_omitted(value: Any) -> bool:
    return value.startswith(_OMIT_TEXT) if isinstance(value, str) else type(value).__name__ == _OMIT_TYPE


def _read(name: str, option: Mapping[str, Any], value: Any, service: str | None) -> Any:
    if option.get("type") != "list":
        return _read_value(name, option, value)
    if "options" in option:
        return _read_entries(name, option["options"], value, service)
    element = {"type": option.get("elements", "raw")}
    return [_read_value(name, element, entry) for entry in read_list(name, value)]


def _read_entries(name: str, spec: Spec, value: Any, service: str | None) -> list[dict[str, Any]]:
    entries = []
    with Problems() as problems:
        for position, entry in enumerate(read_mappings(name, value), start=1):
            if problems.take(entry):
                continue
            with problems.within(entry_label(name, position, entry, service)):
                entries.append(read_options(spec, entry))
    return entries


def entry_label(option: str, position: int, entry: Mapping[str, Any], service: str | None = None) -> str:
    """Return what errors call an entry of a list.

    :param service: that of the roles for which the group with the list is
    """
    if option == "attachments":
        if entry.get("host"):
            return host_label(str(entry["host"]))
        named = [name for key in ("servers", "ports") if isinstance(entry.get(key), list) for name in entry[key]]
        return attachment_label(position, named)
    if option == "groups":
        name = entry.get("name")
        return group_label(name, entry.get("service")) if name else f"security group number {position}"
    return f"{rule_label(service) if option in _RULES else option} {position}"


def _read_value(name: str, option: Mapping[str, Any], value: Any) -> Any:
    read = _READERS[option.get("type", "str")](name, value)
    if option.get("choices") and read not in option["choices"]:
        raise InputError(name, f"{value!r} is not a valid value; choose {' or '.join(option['choices'])}")
    if "options" in option:
        try:
            return read_options(option["options"], read)
        except InputError as error:
            raise error.within(name) from None
    return read


def _read_text(option: str, value: Any) -> str:
    if value is None or isinstance(value, (Mapping, list, tuple)):
        raise InputError(option, f"{value!r} is not a text")
    return value if isinstance(value, str) else str(value)


def _read_integer(option: str, value: Any) -> int:
    try:
        return int(check_type_int(value))
    except TypeError:
        raise InputError(option, f"{value!r} is not an integer") from None


def _read_mapping(option: str, value: Any) -> dict[str, Any]:
    try:
        return dict(check_type_dict(value))
    except TypeError:
        raise InputError(option, f"{value!r} is not a mapping; write name: value") from None


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "str": _read_text,
    "bool": truth,
    "int": _read_integer,
    "dict": _read_mapping,
    "raw": lambda _option, value: value,
}
