# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an object changes, as lines that it loses and lines that it gains: shown by Ansible, or as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Action(Enum):
    """What happens to an object as a whole."""

    NOTHING = "unchanged"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Difference:
    """The change of one object; ``title`` is its kind and name.

    ``action`` is None for what is no object, but follows from changes of objects. ``notes`` are lines about neither.
    """

    title: str
    action: Action | None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_text(self) -> str:
        """Return a heading and a line per change."""
        lines = [f"{self.title}: {self.action.value}" if self.action else f"{self.title}:"]
        lines += [f"  - {line}" for line in self.before]
        lines += [f"  + {line}" for line in self.after]
        lines += [f"  {note}" for note in self.notes]
        return "".join(f"{line}\n" for line in lines)

    def as_diff(self) -> dict[str, str]:
        """Return the form in which modules return a diff, so that Ansible and AWX colour it."""
        before, after = self.before, self.after
        # Without a line, Ansible would not show the object.
        if self.action is Action.CREATE:
            after = after or (self.title,)
        elif self.action is Action.DELETE:
            before = before or (self.title,)
        diff = {
            "before_header": self.title if self.action is not Action.CREATE else f"{self.title} (does not exist)",
            "after_header": self.title if self.action is not Action.DELETE else f"{self.title} (deleted)",
            "before": _text(before),
            "after": _text(after),
        }
        # Ansible shows the last as it is, also where nothing else differs.
        notes = _text(f"{self.title}: {note}" for note in self.notes)
        return {**diff, "prepared": notes} if notes else diff


def as_text(differences: Iterable[Difference]) -> str:
    """Return several changes as one text."""
    return "".join(difference.as_text() for difference in differences)


def attribute_lines(current: object | None, attributes: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the lines that an object loses and gains where its attributes change.

    A new object's name is left out, as its title has it.
    """
    changed = sorted(attributes.items())
    before = [f"{name}: {_literal(getattr(current, name))}" for name, _value in changed if current is not None]
    after = [f"{name}: {_literal(value)}" for name, value in changed if current is not None or name != "name"]
    return before, after


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
