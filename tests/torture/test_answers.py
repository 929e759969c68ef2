# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A million questions about random clouds get the answers that packets give, one by one."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.tests.torture.answers import differences
from ansible_collections.portcullis.openstack.tests.torture.conftest import Share
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally

QUESTIONS = 50
CLOUDS = 500
# Apart from the clouds of the unit tests.
FIRST_SEED = 1_000_000
TESTS = 40


@pytest.mark.parametrize("test", range(TESTS))
def test_answers(test: int, tally: Tally, share: Share) -> None:
    kind = f"cloud with {QUESTIONS} questions"
    tally.expect(kind)
    for seed in share(range(FIRST_SEED + test * CLOUDS, FIRST_SEED + (test + 1) * CLOUDS), at_most=2):
        with tally(kind, f"seed {seed}"):
            found = list(differences(seed, QUESTIONS))
            assert not found, "\n".join(found)
