# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two owners want one group that has none: one gets it whole, and the other one changes nothing in it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError, PortcullisError
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.proxy import Answer, Call, Forward, Proxy

SET = "security_group_set"
# The first one comes first in the alphabet, and the second one last.
OWNERS = [("alpha", "beta"), ("beta", "alpha")]
SSH, HTTPS = "ingress IPv4 tcp 22:22", "ingress IPv4 tcp 443:443"


def label(owner: str) -> str:
    return f"portcullis-owner:{owner}"


def wanted(owner: str, service: str, **more: Any) -> dict[str, Any]:
    return {"groups": [{"name": "web", "rules": [{"service": service}], **more}], "owner": owner}


@dataclass
class Before:
    """Someone acts once, right before the first request that a condition is true for."""

    condition: Callable[[Call], bool]
    act: Callable[[], object]
    acted: bool = field(default=False)

    def __call__(self, call: Call, forward: Forward) -> Answer:
        if not self.acted and self.condition(call):
            self.acted = True
            self.act()
        return forward(call)


def lose(project: Project, behaviour: Before, arguments: dict[str, Any]) -> CloudError:
    """Return what a run fails with that loses the race."""
    with (
        Proxy(behaviour) as proxy,
        project.through(proxy) as connection,
        pytest.raises(CloudError, match=r"another run set owner .* for security group web at the same time") as caught,
    ):
        project.call(SET, connection=connection, **arguments)
    assert behaviour.acted
    return caught.value


@pytest.mark.parametrize(("ours", "theirs"), OWNERS)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_another_owner_was_faster(project: Project, ours: str, theirs: str, state: str) -> None:
    """They have claimed the group and filled it since this run has read it."""
    project.api.create_group("web")
    run = Before(lambda call: call.writes, lambda: project.call(SET, **wanted(theirs, "ssh")))
    error = lose(project, run, wanted(ours, "https", state=state))
    assert error.done == [
        f"{verb} security group web" for verb in (f"added tag {label(ours)} to", f"removed tag {label(ours)} from")
    ]
    assert project.api.tags("web") == [label(theirs)]
    assert project.api.rules("web") == [SSH]
    assert not project.call(SET, **wanted(theirs, "ssh"))["changed"]


@pytest.mark.parametrize(("ours", "theirs"), OWNERS)
def test_another_owner_claims_it_at_the_same_moment(project: Project, ours: str, theirs: str) -> None:
    """Both have written their label, and none has read that of the other."""
    group = project.api.create_group("web")
    path = f"/security-groups/{group}/tags/{label(theirs)}"
    reads_back = Before(lambda call: "fields=tags" in call.url, lambda: project.api.put("network", path))
    lose(project, reads_back, wanted(ours, "https"))
    assert project.api.tags("web") == [label(theirs)]
    assert HTTPS not in project.api.rules("web")


@pytest.mark.parametrize(("ours", "theirs"), OWNERS)
@pytest.mark.parametrize("exists", [True, False], ids=["existing", "new"])
def test_whenever_another_owner_comes(project: Project, ours: str, theirs: str, exists: bool) -> None:
    """The group has one owner at the end, and that one's rules. Some one always gets it."""
    position = 0
    seen = Before(lambda _call: False, lambda: None)
    while position == 0 or seen.acted:
        for group in project.api.groups():
            project.api.delete("network", f"/security-groups/{group['id']}")
        if exists:
            project.api.create_group("web")

        def act() -> None:
            with suppress(PortcullisError):
                project.call(SET, **wanted(theirs, "ssh"))

        # Called in this round alone, so that the late binding does no harm.
        at = position
        seen = Before(lambda call: call.position == at, act)  # noqa: B023
        with Proxy(seen) as proxy, project.through(proxy) as connection, suppress(PortcullisError):
            project.call(SET, connection=connection, **wanted(ours, "https"))
        (group,) = project.api.groups()
        outcome = (group["tags"], project.api.rules("web"))
        assert outcome in (([label(ours)], [HTTPS]), ([label(theirs)], [SSH])), position
        position += 1
    assert position > 5


def test_labels_of_two_owners(project: Project) -> None:
    """A run that has died between its claim and its look leaves them: nobody takes the group then."""
    project.api.create_group("web", tags=[label("alpha"), label("beta")])
    for owner in ("alpha", "beta", "gamma", None):
        message = project.refuse(SET, groups=[{"name": "web"}], owner=owner)
        assert "security group web, owner: it has the tags of several owners, 'alpha' and 'beta'" in message
        if owner is not None:
            assert not project.settle(SET, groups=[], owner=owner, prune=True)["changed"]
