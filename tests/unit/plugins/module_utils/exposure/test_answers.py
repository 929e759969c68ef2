# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers about random clouds are those that packets give, one by one; ``make torture`` asks a million questions."""

from __future__ import annotations

from collections import Counter

import pytest

from ansible_collections.portcullis.openstack.tests.torture.answers import (
    ALLOWED,
    DENIED,
    PARTLY,
    REFUSED,
    UNKNOWN,
    Packets,
    differences,
)
from ansible_collections.portcullis.openstack.tests.torture.clouds import BACKENDS, Maker

QUESTIONS = 50
SEEDS = range(400)
TESTS = 20


@pytest.mark.parametrize("test", range(TESTS))
def test_answers(test: int) -> None:
    found = [text for seed in SEEDS[test::TESTS] for text in differences(seed, QUESTIONS)]
    assert not found, "\n".join(found[:5])


def test_the_clouds_have_everything() -> None:
    """No verdict and no backend is rare, so that differences would show."""
    backends, verdicts = Counter[str](), Counter[str]()
    for seed in SEEDS[::10]:
        maker = Maker(seed)
        cloud = maker.cloud()
        backends[cloud.backend] += 1
        packets = Packets(cloud)
        verdicts.update(packets.verdict(asked) for asked in maker.questions(cloud, QUESTIONS))
    assert {*backends} == {*BACKENDS}
    assert {*verdicts} == {ALLOWED, DENIED, PARTLY, REFUSED, UNKNOWN}
    assert min(verdicts[one] for one in (ALLOWED, DENIED, PARTLY, UNKNOWN)) > verdicts.total() / 20
