# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables become YAML that every reader of YAML 1.1 and 1.2 understands in the same way, and Ansible too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_WIDTH: Final = 120
# Texts that need no quotes: words, addresses of IPv4, and traffic such as tcp/443.
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*|[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2})?")
_SENTENCE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./()-]+)+")
# What YAML 1.1 takes for something else than a text.
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
# What Ansible would take for a template.
_TEMPLATE: Final = re.compile(r"\{[{%#]")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def yaml_lines(variables: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a mapping whose values are texts, numbers, booleans, and lists of these and of mappings."""
    for name, value in variables.items():
        yield from _lines(name, value, "")


def _lines(name: str, value: Any, indent: str) -> Iterator[str]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield f"{indent}{name}: {scalar(value)}"
    elif value and isinstance(value[0], Mapping):
        yield f"{indent}{name}:"
        for entry in value:
            yield from _entry(entry, f"{indent}  ")
    else:
        line = f"{indent}{name}: [{', '.join(map(scalar, value))}]"
        if len(line) <= _WIDTH:
            yield line
            return
        yield f"{indent}{name}:"
        yield from (f"{indent}  - {scalar(one)}" for one in value)


def _entry(entry: Mapping[str, Any], indent: str) -> Iterator[str]:
    lines = [line for name, value in entry.items() for line in _lines(name, value, f"{indent}  ")]
    yield f"{indent}- {lines[0].lstrip(' ')}"
    yield from lines[1:]


def scalar(value: str | int | bool) -> str:
    """Return a value as YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    # Without the tag, Ansible would render it.
    tag = "!unsafe " if _TEMPLATE.search(value) else ""
    return value if _is_plain(value) else f'{tag}"{"".join(map(_escaped, value))}"'


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text) or _SENTENCE.fullmatch(text)) and text.lower() not in _WORDS


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
