# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random clouds, with rules in every spelling that Neutron takes or has kept: adopted, they stay as they are."""

from __future__ import annotations

from typing import Final

from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.adopt import adopt
from ansible_collections.portcullis.openstack.plugins.module_utils._adoption.live import Criteria
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.read_adoption import AdoptionReader
from ansible_collections.portcullis.openstack.tests.torture.clouds import GROUPS, NETWORKS, SERVERS, Maker
from ansible_collections.portcullis.openstack.tests.torture.conftest import Share
from ansible_collections.portcullis.openstack.tests.torture.tally import Tally
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.adoption.clouds import (
    PROJECT,
    Body,
    Memory,
    plan,
    port,
    server,
    uid,
)

CLOUDS: Final = 5000


def memory_of(seed: int) -> Memory:
    """Return a cloud in memory. What other tests hide or leave out is there, as projects see their own."""
    cloud = Maker(seed).cloud()
    groups = [
        {
            "id": uid(name),
            "project_id": PROJECT,
            "name": name,
            "security_group_rules": [_with_ids(rule) for rule in cloud.groups.get(name) or ()],
        }
        for name in GROUPS
    ]
    ports = [
        port(
            uid(body["id"]),
            uid(body["device_id"]),
            uid(body["network_id"]),
            [uid(group) for group in body["security_groups"]],
            port_security_enabled=body["port_security_enabled"],
        )
        for body in cloud.ports
    ]
    return Memory(
        groups,
        ports,
        [server(uid(name), name) for name in SERVERS],
        [server(uid(name), name) for name in NETWORKS],
        [{"id": uid(name), "name": name, "project_id": PROJECT, "addresses": []} for name in cloud.address_groups],
    )


def _with_ids(rule: Body) -> Body:
    ids = {key: uid(rule[key]) for key in ("remote_group_id", "remote_address_group_id") if rule.get(key)}
    return {**rule, **ids}


def test_any_cloud(share: Share, tally: Tally) -> None:
    for seed in share(range(CLOUDS), at_most=200):
        with tally("adopted clouds", seed):
            memory = memory_of(seed)
            adopted = adopt(AdoptionReader(memory.as_cloud(), PROJECT).read(), Criteria())
            assert not (changes := plan(memory, adopted).render()), changes
            assert len(adopted.services) == len(GROUPS)
