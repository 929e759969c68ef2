# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that openstack.cloud has too take every option of their namesakes, and return every key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.unit.plugins.modules.docs import Docs, fragment, options, returns

PEER: Docs = yaml.safe_load(Path(__file__).with_name("peer_2_6_0.yml").read_text())
NAMESAKES = ["security_group", "security_group_info", "security_group_rule", "security_group_rule_info"]


def deviations(name: str) -> dict[str, dict[str, Any]]:
    """Return what we say otherwise, by the path of an option or key."""
    return {path: dict(facts) for path, facts in PEER["deviations"].get(name, {}).items()}


def missing(theirs: Docs, ours: Docs, nested: str, excused: dict[str, dict[str, Any]], path: str) -> list[str]:
    """Return what is not as the peer says, as lines; what is excused is taken out of ``excused``."""
    lines: list[str] = []
    for name, facts in theirs.items():
        place = f"{path}.{name}"
        # A project_id that is an alias of ours is as good as an option of that name.
        own = ours.get(name) or next((o for o in ours.values() if name in o.get("aliases", ())), None)
        if own is None:
            lines.append(place)
            continue
        expected = {**facts, **excused.pop(place, {})}
        lines += [f"{place}: {fact}" for fact in differing(expected, own)]
        if nested in facts:
            lines += missing(facts[nested], own.get(nested, {}), nested, excused, place)
    return lines


def differing(theirs: Docs, ours: Docs) -> list[str]:
    """Return the facts of an option or key in which we are no superset."""
    exact = [fact for fact in ("type", "required", "default") if ours.get(fact) != theirs.get(fact)]
    # Elements that the peer leaves open may be anything.
    elements = ["elements"] if theirs.get("elements") not in (None, ours.get("elements")) else []
    return [
        *exact,
        *elements,
        *(f for f in ("choices", "aliases") if not set(theirs.get(f, ())) <= set(ours.get(f, ()))),
    ]


@pytest.mark.parametrize("name", NAMESAKES)
def test_every_option_and_return_key_of_the_peer(name: str) -> None:
    excused = deviations(name)
    lines = missing(PEER[name]["options"], options(name), "suboptions", excused, "options")
    lines += missing(PEER[name]["returns"], returns(name), "contains", excused, "returns")
    assert lines == []
    assert excused == {}, "an excuse that is not needed"


def test_every_option_of_the_peers_authentication() -> None:
    excused = deviations("auth")
    assert missing(PEER["auth"]["options"], fragment("auth")["options"], "suboptions", excused, "options") == []
    assert excused == {}, "an excuse that is not needed"


def test_every_deviation_has_a_reason() -> None:
    for named in PEER["deviations"].values():
        assert all(facts.get("reason") for facts in named.values())
