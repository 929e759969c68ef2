# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filters of the roles do beside the functions that they call."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.portcullis.openstack.plugins.filter.services import FilterModule

FILTERS = FilterModule().filters()
WEB1 = {"inventory_hostname": "web1", "instance_groups_services": ["web"]}


@pytest.mark.parametrize("name", FILTERS)
def test_a_choice_that_there_is_not(name: str) -> None:
    with pytest.raises(AnsibleFilterError, match="on_error: 'retrun' is not a valid value; choose fail or return"):
        FILTERS[name]([], on_error="retrun")


@pytest.mark.parametrize(("hosts", "servers"), [(None, [["web1"]]), ([], [])])
def test_hosts_are_those_of_the_play_by_default(hosts: Any, servers: list[Any]) -> None:
    entries = FILTERS["service_attachments"]([], [], prefix="", hosts=hosts, play=[WEB1])
    assert [entry["servers"] for entry in entries] == servers


@pytest.mark.parametrize("name", ["service_groups_prefix", "instance_groups_prefix"])
def test_the_variable_of_a_prefix(name: str) -> None:
    (entry,) = FILTERS["service_attachments"]([], [], prefix=["a"], variables=[name], on_error="return")
    assert entry == {"error": f"{name}: ['a'] is not a text"}


def test_services_become_groups() -> None:
    """Doubts about them are for people, and what cannot be is one error, or an entry for the module to show."""
    service = {"name": "web", "allow": [{"ports": [443], "remote_ips": ["anywhere"]}]}
    (group,) = FILTERS["service_groups"]([service], prefix="p-", default_egress=False)
    assert (group["name"], group["service"]) == ("p-web", "web")
    wrong = [{**service, "state": "gone"}, {"name": ""}]
    errors = ["service web, state: 'gone' is not a valid value; choose present or absent"]
    errors.append("service number 2, name: it is missing; give every service a name")
    with pytest.raises(AnsibleFilterError) as caught:
        FILTERS["service_groups"](wrong, prefix="", default_egress=True)
    assert str(caught.value).splitlines() == errors
    found = FILTERS["service_groups"](wrong, prefix="", default_egress=True, on_error="return")
    assert [entry["error"] for entry in found] == errors
