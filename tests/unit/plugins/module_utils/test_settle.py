# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out a plan, and telling of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._errors import CloudError
from ansible_collections.portcullis.openstack.plugins.module_utils._settle import report, settle


@dataclass(frozen=True)
class Errands:
    """A plan of the simplest kind."""

    things: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.things)

    def render(self) -> str:
        return "".join(f"{thing}\n" for thing in self.things)


def run(plan: Errands, done: list[str]) -> None:
    done += plan.things


def stumble(plan: Errands, done: list[str]) -> None:
    done.append(plan.things[0])
    raise CloudError("closed")


def test_settle() -> None:
    assert settle(Errands(("bread",)), run, Errands) == Errands()


@pytest.mark.parametrize(
    ("walk", "left", "message", "done"),
    [
        pytest.param(stumble, Errands(), "closed", ["bread"], id="failed on the way"),
        pytest.param(
            run,
            Errands(("milk",)),
            "someone else made changes at the same time. Still to do:\nmilk\n",
            ["bread", "salt"],
            id="something is left",
        ),
    ],
)
def test_an_error_tells_what_was_done(
    walk: Callable[[Errands, list[str]], None], left: Errands, message: str, done: list[str]
) -> None:
    with pytest.raises(CloudError) as caught:
        settle(Errands(("bread", "salt")), walk, lambda: left)
    assert str(caught.value) == message
    assert caught.value.done == done


def test_report() -> None:
    assert report(Errands(), ["late"]) == {"changed": False, "warnings": ["late"]}
    assert report(Errands(("bread",))) == {"changed": True, "warnings": (), "diff": {"prepared": "bread\n"}}
