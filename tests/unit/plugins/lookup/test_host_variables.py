# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many hosts: what is made from the same values is rendered once, and what is the same is not handed on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.portcullis.openstack.plugins.lookup.host_variables import LookupModule

HOSTS: Final = [f"web{number}" for number in range(20)]
TERMS: Final = ("service_groups_*", "instance_groups_*")


class Hosts:
    """An inventory, and the templates that the lookup has rendered of its variables."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = directory / "inventory.yml"
        self.rendered: list[Any] = []
        template = Templar.template
        running: list[Any] = []

        def counted(templar: Templar, value: Any, *arguments: Any, **options: Any) -> Any:
            # Until ansible-core 2.18 it calls itself for parts of a value.
            self.rendered += [] if running else [value]
            running.append(value)
            try:
                return template(templar, value, *arguments, **options)
            finally:
                running.pop()

        monkeypatch.setattr(Templar, "template", counted)

    def look(self, of_hosts: dict[str, dict[str, Any]] | None = None, **variables: Any) -> list[dict[str, Any]]:
        """Return what the lookup returns for hosts with variables of their own and with the same ones."""
        hosts = {name: (of_hosts or {}).get(name) for name in HOSTS}
        text = yaml.safe_dump({"all": {"hosts": hosts, "vars": variables}})
        self.file.write_text(text.replace(": unsafe ", ": !unsafe "))
        loader = DataLoader()
        inventory = InventoryManager(loader, [str(self.file)])
        manager = VariableManager(loader, inventory)
        hostvars = HostVars(inventory, manager, loader)
        seen = {**hostvars.raw_get(HOSTS[0]), "hostvars": hostvars, "ansible_play_hosts_all": HOSTS}
        seen["ansible_search_path"] = [str(self.file.parent)]
        self.rendered.clear()
        return LookupModule(loader=loader, templar=Templar(loader, seen)).run(TERMS, seen)


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    return Hosts(tmp_path, monkeypatch)


ONLY_NAMES: Final = [{"inventory_hostname": host} for host in HOSTS]
LISTS: Final[dict[str, Any]] = {"common": [{"name": "{{ first }}"}], "shop": [{"name": "shop"}], "first": "ssh"}


@pytest.mark.parametrize("services", ["{{ common + shop }}", [{"name": "ssh"}], "{{ groups['all'] }}"])
def test_the_same_list_of_all_hosts(hosts: Hosts, services: Any) -> None:
    assert hosts.look(service_groups_services=services, **LISTS) == ONLY_NAMES
    assert len(hosts.rendered) == 1


def test_lists_that_other_variables_make_different(hosts: Hosts) -> None:
    """At any depth, on any host, and back again."""
    found = hosts.look({"web5": {"first": "other"}}, service_groups_services="{{ common + shop }}", **LISTS)
    names = {host["inventory_hostname"]: host["service_groups_services"][0]["name"] for host in found}
    assert names == {**dict.fromkeys(HOSTS, "ssh"), "web5": "other"}
    assert len(hosts.rendered) == 3


@pytest.mark.parametrize(
    "owner",
    [
        "{{ inventory_hostname }}",
        "{{ hostvars[inventory_hostname].own }}",
        "{{ lookup('vars', 'own') }}",
        "{% if own %}{{ own }}{% endif %}",
    ],
)
def test_owners_that_differ(hosts: Hosts, owner: str) -> None:
    found = hosts.look({name: {"own": name} for name in HOSTS}, service_groups_owner=owner)
    assert [host["service_groups_owner"] for host in found] == HOSTS


def test_files_are_searched_where_a_task_searches_them(hosts: Hosts, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for name in HOSTS:
        (tmp_path / "files" / name).write_text(f"owner of {name}")
    found = hosts.look(service_groups_owner="{{ lookup('file', inventory_hostname) }}")
    assert [host["service_groups_owner"] for host in found] == [f"owner of {name}" for name in HOSTS]


def test_a_variable_that_one_host_has(hosts: Hosts) -> None:
    found = hosts.look({"web5": {"service_groups_owner": "a"}})
    assert [host for host in found if len(host) > 1] == [{"inventory_hostname": "web5", "service_groups_owner": "a"}]


def test_what_hosts_have_is_returned_although_it_is_the_same(hosts: Hosts) -> None:
    found = hosts.look(instance_groups_services=["{{ first }}"], **LISTS)
    assert found == [{**host, "instance_groups_services": ["ssh"]} for host in ONLY_NAMES]
    assert len(hosts.rendered) == 1


def test_a_text_that_only_looks_like_a_template(hosts: Hosts) -> None:
    assert hosts.look(service_groups_owner="unsafe text {{ ) }}") == ONLY_NAMES
