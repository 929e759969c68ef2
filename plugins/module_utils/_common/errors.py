# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions that a module's ``main()`` turns into one ``fail_json``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final


class PortcullisError(Exception):
    """Anything that a message to the user can explain.

    ``done`` lists, in the order of time, what had been changed before; ``warnings`` what else the user should know.
    """

    done: Sequence[str] = ()
    warnings: Sequence[str] = ()


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

    def renamed(self, names: Mapping[str, str]) -> InputError:
        """Return the same error with the option's name replaced by what the user has written."""
        return InputError(names.get(self.field, self.field), self.problem)


class UnknownNameError(InputError):
    """A name that no object has.

    ``hint`` returns the names that may have been meant. It may send requests, so it is called only when the error is
    shown. If a request fails, the error is shown without a hint.
    """

    def __init__(self, field: str, problem: str, hint: Callable[[], str] = str) -> None:
        super().__init__(field, problem)
        self._hint = hint

    def __str__(self) -> str:
        return self._with_hint(super().__str__())

    def within(self, place: str) -> InputError:
        """Return the same error, placed inside ``place``, with what may have been meant."""
        return InputError(f"{place}, {self.field}", self._with_hint(self.problem))

    def _with_hint(self, text: str) -> str:
        with suppress(CloudError):
            text = ". ".join(filter(None, (text, self._hint())))
        return text


class MultipleInputError(InputError):
    """Several values that cannot be right, each shown once."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        super().__init__("", "\n".join(dict.fromkeys("\n".join(map(str, errors)).split("\n"))))
        self.errors = errors

    def __str__(self) -> str:
        return self.problem

    def within(self, place: str) -> InputError:
        """Return the same errors, all of them placed inside ``place``."""
        return MultipleInputError([error.within(place) for error in self.errors])

    def renamed(self, names: Mapping[str, str]) -> InputError:
        """Return the same errors, each with its option's name replaced."""
        return MultipleInputError([error.renamed(names) for error in self.errors])


class Problems:
    """Collects the errors of several values, so that a user gets all of them at once.

    Each value is judged in a :meth:`within` inside of the whole; leaving the whole raises what was collected.
    """

    def __init__(self) -> None:
        self._errors: list[InputError] = []

    def __enter__(self) -> Problems:
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if error is None:
            self.judge()

    def judge(self) -> None:
        """Raise what was collected, and forget it.

        :raises InputError: if there is any
        """
        errors, self._errors = self._errors, []
        if errors:
            raise errors[0] if len(errors) == 1 else MultipleInputError(errors)

    @contextmanager
    def within(self, place: str | None = None) -> Iterator[None]:
        """Keep an error for later, placed inside ``place``."""
        try:
            yield
        except InputError as error:
            self._errors.append(error if place is None else error.within(place))

    def take(self, options: Mapping[str, Any]) -> bool:
        """Keep the error that a filter has stored in an entry of a list, so that the module reports it.

        If the filter raised the error, Ansible would show it alone, inside a long text of its own.
        """
        text = str(options.get("error") or "")
        field, _colon, problem = text.partition(": ")
        if problem and text.isprintable():
            self._errors.append(InputError(field, problem))
        elif text:
            self._errors.append(InputError("error", f"{text!r} was not set by a filter; remove this option"))
        return bool(text)


def carried(error: InputError) -> list[str]:
    """Return an error, or each of several, as a text that :meth:`Problems.take` reads."""
    return str(error).split("\n")


@contextmanager
def written_as(names: Mapping[str, str]) -> Iterator[None]:
    """Let errors name options as the user has written them.

    :param names: the user's names, by those of the code inside
    """
    try:
        yield
    except InputError as error:
        raise error.renamed(names) from None


class CloudError(PortcullisError):
    """The cloud refused or failed a request.

    ``status`` is that of its answer, if there was one; ``retry_after`` the seconds that it asks to wait, 0 if it does
    not. ``lost`` means that the line to the cloud failed.
    """

    def __init__(self, message: str, *, status: int | None = None, retry_after: int = 0, lost: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.lost = lost

    @property
    def unsure(self) -> bool:
        """Whether the request may have been carried out, or still will be, although there is no answer to it."""
        return self.lost or self.status in _GATEWAY

    @property
    def may_pass(self) -> bool:
        """Whether the same work may succeed later, or another look show what else there is to do."""
        return self.lost or self.status in _CROSSED or (self.status or 0) >= 500


def hidden(attributes: Iterable[str], of: str) -> CloudError:
    """Return the error for attributes that the cloud's policy hides, without which a plan would be a guess.

    :param of: what has the attributes
    """
    return CloudError(
        f"the cloud does not show {', '.join(sorted(attributes))} of {of} to these credentials; ask its administrators "
        "for the right to see it"
    )


# Bad Gateway and Gateway Timeout come from something between the client and the service (RFC 9110, 15.6.3 and 15.6.5).
_GATEWAY: Final = (502, 504)
# Someone else was faster (Not Found, Conflict, Precondition Failed), or everybody too fast (Too Many Requests).
_CROSSED: Final = (404, 409, 412, 429)
