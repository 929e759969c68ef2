# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' variables of every host, read in a task that runs once for all of them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: host_variables
author: Portcullis contributors (@portcullis-openstack)
version_added: 0.1.0
short_description: Read the variables of the roles for each host
description:
  - Returns the variables of the roles P(portcullis.openstack.instance_groups#role) and
    P(portcullis.openstack.apply#role) for each host, as a task that runs on the host would see them. C(hostvars)
    contains only inventory variables, not those of the play, the role or the task.
  - Leaves out hosts that C(--limit) excludes.
  - Leaves out variables that the roles read once for all hosts, such as C(service_groups_services), if all hosts have
    the same value.
options:
  _terms:
    description: Shell-style patterns for names of variables, such as C(instance_groups_services_*).
    required: true
  hosts:
    description:
      - Names of hosts. Only hosts of the play get the variables of the play.
      - By default, the hosts of the play or, with C(serial), of the batch. Hosts on which earlier tasks failed are
        included.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show the services of the hosts of the play
  ansible.builtin.debug:
    msg: "{{ query('portcullis.openstack.host_variables', 'instance_groups_services') }}"
  run_once: true
"""

RETURN = r"""
_raw:
  description: A mapping for each host, with its variables and C(inventory_hostname).
  type: list
  elements: dict
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from ansible import errors
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.template import Templar
from jinja2 import Environment, TemplateError, nodes

from ansible_collections.portcullis.openstack.plugins.module_utils._services.variables import VARIABLES_OF_PLAY

Variables = Mapping[str, Any]

_MISSING: Final = object()
# What Ansible raises for a value that is omitted, from ansible-core 2.19 on. Before that, it is a text.
_OMITTED: Final = getattr(errors, "AnsibleValueOmittedError", ())
# With these a template can read variables that it does not name.
_READ_ALL: Final = frozenset({"lookup", "query", "q", "vars"})
_SYNTAX: Final = Environment()


class LookupModule(LookupBase):
    """The plugin."""

    def run(self, terms: Sequence[str], variables: Variables | None = None, **options: Any) -> list[dict[str, Any]]:
        """Return the variables of each host.

        :raises AnsibleLookupError: for a host that the inventory does not have, and a variable that cannot be templated
        """
        # What a value was made from, by the names of variables, and the value; by its name.
        self._rendered: dict[str, tuple[Variables, Any]] = {}
        found = [
            {"inventory_hostname": host, **self._templated(host, _wanted(terms, seen), seen)}
            for host, seen in _seen(options.get("hosts"), terms, variables or {})
        ]
        # Ansible takes long to hand long lists to a filter, once for each host.
        for name in VARIABLES_OF_PLAY:
            if all(_is_same(host.get(name, _MISSING), found[0].get(name, _MISSING)) for host in found):
                for host in found:
                    host.pop(name, None)
        return found

    def _templated(self, host: str, names: Iterable[str], seen: dict[str, Any]) -> dict[str, Any]:
        # Not a copy of self._templar: up to ansible-core 2.18, lookups in a copy read the task's variables.
        templar = Templar(self._loader, seen)
        found = {}
        for name in names:
            # Most hosts have the same long lists, which take long to render.
            made_from, found[name] = self._rendered.get(name, (None, None))
            if made_from and all(_is_same(seen.get(one, _MISSING), value) for one, value in made_from.items()):
                continue
            try:
                found[name] = templar.template(seen[name])
            except AnsibleError as error:
                if not isinstance(error, _OMITTED):
                    raise AnsibleLookupError(f"host {host}, {name}: {error}") from error
                # As if it were not written.
                del found[name]
            else:
                self._rendered[name] = (_made_from(name, seen), found[name])
        return found


def _is_same(one: Any, other: Any) -> bool:
    return one is other or bool(one == other)


def _made_from(name: str, variables: Variables) -> Variables:
    """Return the raw values, by name, of a variable and all others that it is made from; none if that is unknown."""
    found: dict[str, Any] = {}
    names = [name]
    while names:
        if (one := names.pop()) not in found:
            found[one] = variables.get(one, _MISSING)
            names += _named_in(found[one])
    return {} if _READ_ALL & found.keys() else found


def _named_in(value: Any) -> Iterator[str]:
    """Yield the names of variables in the templates of a value."""
    if isinstance(value, str):
        if "{{" in value or "{%" in value:
            try:
                yield from (name.name for name in _SYNTAX.parse(value).find_all(nodes.Name))
            except TemplateError:
                # Ansible reports this error when it renders the template.
                yield from _READ_ALL
    elif isinstance(value, (dict, list, tuple)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _named_in(part)


def _seen(
    hosts: Sequence[str] | None, terms: Sequence[str], variables: Variables
) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield each host with all variables, not templated, that a task on it would see.

    The variables of the play, the role and the task are those that this task sees and that the inventory does not set
    for its host. Ansible's own variables are left out, because some of them describe the host, but for the search path.
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
        if (not name.startswith("ansible_") or name == "ansible_search_path")
        and (name not in own or own[name] != value)
    }
    # A variable of the play overrides that of the inventory. One that the inventory does not set may be a role's
    # default.
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
