# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions that a module's ``main()`` turns into one ``fail_json``."""

from __future__ import annotations

from collections.abc import Sequence


class PortcullisError(Exception):
    """Anything a user can be told in one message.

    ``done`` tells, in the order of time, what had been changed before; runners fill it in.
    """

    done: Sequence[str] = ()


class InputError(PortcullisError):
    """A value that cannot be right, found before anything was changed.

    Raised close to the value with the field alone; every layer that knows more of where the
    value stands adds its part with :meth:`within`, outermost last.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem

    def within(self, place: str) -> InputError:
        """Return the same error, placed inside ``place`` (such as ``rule 2``)."""
        return InputError(f"{place}, {self.field}", self.problem)


class UnknownNameError(InputError):
    """A name that nothing has."""


class CloudError(PortcullisError):
    """The cloud refused or failed a request; ``status`` is that of its answer, if there was one."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
