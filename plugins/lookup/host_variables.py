# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' variables of every host, read in a task that runs once for all of them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_variables
author: Portcullis contributors (@portcullis-openstack)
version_added: 0.1.0
short_description: The roles' variables of hosts
description:
  - Returns the variables of the roles P(portcullis.openstack.instance_groups#role) and
    P(portcullis.openstack.apply#role) for each host, as a task that runs on the host would see them. C(hostvars) has
    only those of the inventory, and none of the play, the role or the task.
  - Leaves out hosts that C(--limit) excludes.
options:
  _terms:
    description: Patterns of names of variables, such as C(instance_groups_services_*).
    required: true
  hosts:
    description:
      - Names of hosts. Variables of the play count for hosts of the play only.
      - By default the hosts of the play, with C(serial) those of the batch, also if earlier tasks have failed on them.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show what the hosts of the play have
  ansible.builtin.debug:
    msg: "{{ query('portcullis.openstack.host_variables', 'instance_groups_services') }}"
  run_once: true
"""

RETURN = r"""
_raw:
  description: For each host a mapping of its variables, with C(inventory_hostname).
  type: list
  elements: dict
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase

Variables = Mapping[str, Any]


class LookupModule(LookupBase):
    """The plugin."""

    def run(self, terms: Sequence[str], variables: Variables | None = None, **options: Any) -> list[dict[str, Any]]:
        """Return the variables of each host.

        :raises AnsibleLookupError: for a host that the inventory does not have, and a variable that cannot be templated
        """
        # Values without a template, and what became of them, by name.
        self._same: dict[str, tuple[Any, Any]] = {}
        return [
            {"inventory_hostname": host, **self._templated(host, _wanted(terms, seen), seen)}
            for host, seen in _seen(options.get("hosts"), terms, variables or {})
        ]

    def _templated(self, host: str, names: Iterable[str], seen: Variables) -> dict[str, Any]:
        templar: Any = self._templar
        templar = templar.copy_with_new_env(available_variables=seen)
        found = {}
        for name in names:
            value = seen[name]
            # Most hosts have the same long lists, which take long to look through.
            if name in self._same and self._same[name][0] == value:
                found[name] = self._same[name][1]
                continue
            try:
                found[name] = templar.template(value)
                if not templar.is_template(value):
                    self._same[name] = (value, found[name])
            except AnsibleError as error:
                raise AnsibleLookupError(f"host {host}, {name}: {error}") from error
        return found


def _seen(hosts: Sequence[str] | None, terms: Sequence[str], variables: Variables) -> Iterable[tuple[str, Variables]]:
    """Yield each host with all variables, not templated, that a task on it would see.

    What the play, the role and the task say is what this task sees beyond the inventory's word on its own host.
    Variables of Ansible itself are no part of that: some of them are about the host.
    """
    hostvars = variables["hostvars"]
    play = variables["ansible_play_hosts_all"]
    # Its public variables name neither the limit's hosts nor those of the batch that have failed.
    inventory = hostvars._inventory
    limit = {host.name for host in inventory.get_hosts("all:localhost", ignore_restrictions=True)}
    batch = {host.name for host in inventory.get_hosts("all:localhost")}
    own = hostvars.raw_get(variables["inventory_hostname"])
    beyond = {
        name: value
        for name, value in variables.items()
        if not name.startswith("ansible_") and (name not in own or own[name] != value)
    }
    # A variable of the play wins over the inventory's. One that is only missing there may be some role's default.
    winning = {*_wanted(terms, beyond), *(name for name in beyond if name in own)}
    members = {*play}
    for host in [name for name in play if name in batch] if hosts is None else _listed(hosts):
        if host not in hostvars:
            raise AnsibleLookupError(f"instance_groups_hosts: the inventory has no host {host!r}")
        if host in limit:
            raw = hostvars.raw_get(host)
            known = {name: value for name, value in raw.items() if name not in winning}
            yield host, {**beyond, **known} if host in members else {**raw, "hostvars": hostvars}


def _listed(hosts: Sequence[str]) -> Sequence[str]:
    return [hosts] if isinstance(hosts, str) else hosts


def _wanted(terms: Sequence[str], variables: Iterable[str]) -> list[str]:
    return [name for name in variables if any(fnmatchcase(name, term) for term in terms)]
