# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is carried out, verified and reported, shown on a plan without a cloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.difference import Action, Difference
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError, InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._converge import settle as _settle
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.settle import (
    Steps,
    is_duplicate,
    is_over_quota,
    report,
    settle,
    undone_by,
)


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in seconds: all without waiting."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


@dataclass(frozen=True)
class Errands:
    """A plan of the simplest kind."""

    things: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.things)

    def differences(self) -> Iterator[Difference]:
        return (Difference(thing, Action.CREATE) for thing in self.things)


@dataclass
class Shop:
    """Carries out errands; in each round one trouble of a list, or none, prevents the last thing."""

    wanted: tuple[str, ...]
    troubles: list[CloudError | None] = field(default_factory=list)
    bought: set[str] = field(default_factory=set)
    rounds: int = 0

    def read(self) -> Errands:
        return Errands(tuple(thing for thing in self.wanted if thing not in self.bought))

    def walk(self, plan: Errands, done: Steps) -> None:
        self.rounds += 1
        trouble = self.troubles.pop(0) if self.troubles else None
        for thing in plan.things:
            with done.step(f"bought {thing}"):
                if thing == plan.things[-1]:
                    stumble(trouble)
                self.bought.add(thing)

    def settle(self) -> Errands:
        return settle(self.read(), self.walk, self.read)


def stumble(trouble: CloudError | None) -> None:
    if trouble is not None:
        raise trouble


def within(waited: Sequence[float], pauses: Sequence[float]) -> bool:
    """Tell whether each pause was made, or a part of it."""
    return len(waited) == len(pauses) and all(p / 2 <= w <= p for w, p in zip(waited, pauses, strict=True))


SHOPPING = ("bread", "salt")
BUSY = CloudError("busy", status=503)
CONFLICT = CloudError("taken", status=409)


def test_settle(waited: list[float]) -> None:
    shop = Shop(SHOPPING)
    assert shop.settle() == Errands()
    assert (shop.rounds, waited) == (1, [])


@pytest.mark.parametrize("trouble", [BUSY, CONFLICT, CloudError("cut", lost=True)])
def test_progress_goes_on_at_once(trouble: CloudError, waited: list[float]) -> None:
    shop = Shop(SHOPPING, [trouble])
    assert shop.settle() == Errands()
    assert (shop.rounds, waited) == (2, [])


def test_without_progress_it_waits(waited: list[float]) -> None:
    shop = Shop(("bread",), [BUSY, BUSY])
    assert shop.settle() == Errands()
    assert shop.rounds == 3
    assert within(waited, [0.5, 1.0])


@pytest.mark.parametrize(
    ("trouble", "rounds"),
    [
        pytest.param(CloudError("no", status=403), 1, id="nothing that passes"),
        pytest.param(CONFLICT, 2, id="a conflict that another look does not explain"),
        pytest.param(BUSY, 6, id="too long"),
    ],
)
def test_what_does_not_pass(trouble: CloudError, rounds: int, waited: list[float]) -> None:
    shop = Shop(SHOPPING, [trouble] * 9)
    with pytest.raises(CloudError) as caught:
        shop.settle()
    assert caught.value is trouble
    assert trouble.done == ["bought bread"]
    assert shop.rounds == rounds
    assert len(waited) == max(rounds - 2, 0)


def test_a_lost_answer_may_mean_that_it_is_done() -> None:
    lost = CloudError("cut", lost=True)
    with pytest.raises(CloudError):
        Shop(("bread",), [lost] * 9).settle()
    assert lost.done == ["perhaps bought bread"] * 5


def test_someone_who_undoes_it_all(waited: list[float]) -> None:
    done: list[Any] = []
    with pytest.raises(CloudError) as caught:
        settle(Errands(SHOPPING), lambda _plan, steps: done.append(steps), lambda: Errands(("milk",)))
    assert str(caught.value) == "someone else makes changes at the same time. Still to do:\nmilk: create\n"
    assert within(waited, _settle._PAUSES)
    assert len(done) == len(_settle._PAUSES) + 2


def test_someone_who_always_finds_something_else() -> None:
    wanted = iter(range(99))
    with pytest.raises(CloudError, match="someone else makes changes"):
        settle(Errands(("0",)), lambda _plan, _steps: None, lambda: Errands((str(next(wanted)),)))
    assert next(wanted) == _settle._ROUNDS


def test_an_error_on_reading_tells_what_was_done() -> None:
    shop = Shop(SHOPPING)

    def read() -> Errands:
        raise InputError("name", "there are several")

    with pytest.raises(InputError) as caught:
        settle(Errands(SHOPPING), shop.walk, read)
    assert caught.value.done == ["bought bread", "bought salt"]


def test_report() -> None:
    assert report(Errands(), ["late"]) == {"changed": False, "warnings": ["late"]}
    diff = [difference.as_diff() for difference in Errands(SHOPPING).differences()]
    assert report(Errands(SHOPPING)) == {"changed": True, "warnings": (), "diff": diff}


REFUSED = CloudError("refused", status=403)


class Shelf:
    """What is put back, unless there is an error."""

    def __init__(self, error: CloudError | None = None) -> None:
        self.things: list[str] = []
        self._error = error

    def put_back(self, thing: str) -> None:
        stumble(self._error if thing == "bread" else None)
        self.things.append(thing)

    def lose(self, things: Sequence[str]) -> None:
        """Fail after things have been deleted."""
        with undone_by(self.put_back) as deleted:
            deleted.extend(things)
            raise REFUSED


def test_work_that_succeeds_is_not_undone() -> None:
    shelf = Shelf()
    with undone_by(shelf.put_back) as deleted:
        deleted.append("bread")
    assert shelf.things == []


@pytest.mark.parametrize("things", [(), ("bread",), ("bread", "salt")])
def test_what_work_that_fails_has_deleted_is_put_back(things: tuple[str, ...]) -> None:
    shelf = Shelf()
    with pytest.raises(CloudError, match=r"^refused$"):
        shelf.lose(things)
    assert shelf.things == list(things)


def test_what_someone_else_has_put_back() -> None:
    shelf = Shelf(CONFLICT)
    with pytest.raises(CloudError, match=r"^refused$"):
        shelf.lose(SHOPPING)
    assert shelf.things == ["salt"]


def test_work_that_cannot_be_undone() -> None:
    """Both errors are shown; what may be tried again depends on the first."""
    shelf = Shelf(CloudError("Quota exceeded", status=409))
    with pytest.raises(CloudError) as caught:
        shelf.lose(SHOPPING)
    assert str(caught.value) == "refused\nRules that were deleted to be replaced could not be restored: Quota exceeded"
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("error", "duplicate", "over_quota"),
    [(CONFLICT, True, False), (CloudError("Quota exceeded", status=409), False, True), (REFUSED, False, False)],
)
def test_conflicts(error: CloudError, duplicate: bool, over_quota: bool) -> None:
    assert (is_duplicate(error), is_over_quota(error)) == (duplicate, over_quota)
