# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address groups: what a user wants, what the cloud has, and the plan between them."""

from __future__ import annotations

import ipaddress
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from .._common.difference import Action, Difference, attribute_lines
from .._common.errors import InputError
from .._common.moments import created_at, created_together
from .._common.names import several
from .._common.text import differing, judge_text, shown
from .._rules.rule import ANYWHERE, parse_prefix

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

_SPACE: Final = "Zs"


@dataclass(frozen=True)
class AddressGroup:
    """An address group that exists; ``body`` is the answer it was read from."""

    id: str
    name: str
    description: str
    addresses: frozenset[Network]
    body: Mapping[str, Any] = field(compare=False, repr=False)


@dataclass(frozen=True)
class DesiredAddressGroup:
    """An address group as the user describes it; None leaves an attribute as it is.

    With an ``id``, ``name`` is what the group should be called. ``purge`` takes out addresses that are not listed.
    """

    name: str | None
    id: str | None = None
    present: bool = True
    description: str | None = None
    addresses: frozenset[Network] | None = None
    purge: bool = True


@dataclass(frozen=True)
class AddressGroupPlan:
    """What happens to an address group; ``attributes`` holds new values of its name and description.

    ``duplicates`` are groups that runs at the same time have created under its name.
    """

    name: str
    action: Action
    current: AddressGroup | None
    attributes: Mapping[str, str] = field(default_factory=dict)
    add: Sequence[Network] = ()
    remove: Sequence[Network] = ()
    duplicates: Sequence[AddressGroup] = ()

    def __bool__(self) -> bool:
        return self.action is not Action.NOTHING or bool(self.duplicates)

    def differences(self) -> Iterator[Difference]:
        """Return the changes of the group, and the deletions of its duplicates, without ids."""
        for group in self.duplicates:
            yield _difference(f"{group.name} (duplicate, {group.id})", Action.DELETE, _in_order(group.addresses), ())
        if self.action is not Action.NOTHING:
            before, after = attribute_lines(self.current, self.attributes)
            yield _difference(self.name, self.action, (*before, *self.remove), (*after, *self.add))

    def after(self) -> dict[str, Any] | None:
        """Return the group as it will be, in the shape of Neutron's answers, or None if there will be none.

        Ids and time stamps that only the cloud can give are left out.
        """
        if self.action is Action.DELETE or (self.current is None and self.action is Action.NOTHING):
            return None
        before = self.current.body if self.current else {"description": "", "addresses": []}
        standing = self.current.addresses if self.current else frozenset()
        body = {**before, **self.attributes}
        if self.add or self.remove:
            body["addresses"] = [str(address) for address in _in_order({*standing, *self.add} - {*self.remove})]
        return body


def _difference(name: str, action: Action, before: Iterable[object], after: Iterable[object]) -> Difference:
    return Difference(f"address group {shown(name)}", action, tuple(map(str, before)), tuple(map(str, after)))


def address_group_from_api(body: Mapping[str, Any]) -> AddressGroup:
    """Return the address group of an API answer."""
    return AddressGroup(
        id=body["id"],
        name=body["name"],
        description=body.get("description") or "",
        addresses=frozenset(ipaddress.ip_network(address) for address in body["addresses"]),
        body=body,
    )


def desired_address_group(options: Mapping[str, Any]) -> DesiredAddressGroup:
    """Return the address group that module options describe.

    :raises InputError: for the first value that cannot be right
    """
    addresses = options["addresses"]
    return DesiredAddressGroup(
        name=_judge_name(options["name"], required=options["id"] is None or options["name"] is not None),
        id=judge_text("id", options["id"]),
        present=options["state"] == "present",
        description=judge_text("description", options["description"]),
        addresses=None if addresses is None else frozenset(_networks(addresses)),
        purge=options["purge_addresses"],
    )


def superfluous_address_groups(
    desired: DesiredAddressGroup, groups: Collection[AddressGroup], created: Collection[str], in_use: Collection[str]
) -> list[AddressGroup]:
    """Return the groups of a name that can be deleted, so that one is left, as runs at the same time have created them.

    A group that rules have is kept, or the oldest. A run may delete what it has created itself; what another run has
    created, only if it is what this run would create, of which some addresses may still be missing.

    :param created: ids of groups that this run has created
    :param in_use: ids of groups that rules have, which Neutron refuses to delete
    """
    same = [group for group in groups if desired.id is None and desired.present and group.name == desired.name]
    same.sort(key=lambda group: (group.id not in in_use, created_at(group.body), group.id))
    description, addresses = desired.description or "", desired.addresses or frozenset()
    return [
        group
        for group in same[1:]
        if group.id not in in_use
        and (
            group.id in created
            or (
                group.description == description
                and group.addresses <= addresses
                and created_together(group.body, same[0].body)
            )
        )
    ]


def plan_address_group(
    desired: DesiredAddressGroup,
    current: Collection[AddressGroup],
    created: Collection[str] = (),
    in_use: Collection[str] = (),
) -> AddressGroupPlan:
    """Compare a desired address group with those that have its id or its name.

    :param created: ids of groups that this run has created
    :param in_use: ids of groups that rules have
    :raises InputError: unless it is clear which group is meant
    """
    duplicates = superfluous_address_groups(desired, current, created, in_use)
    existing = _existing(desired, [group for group in current if group not in duplicates])
    name = existing.name if existing else desired.name or ""
    if not desired.present:
        action = Action.DELETE if existing else Action.NOTHING
        return AddressGroupPlan(name, action, existing, remove=_in_order(existing.addresses if existing else ()))
    standing = existing.addresses if existing else frozenset()
    wanted = standing if desired.addresses is None else desired.addresses
    attributes = differing(existing, {"name": desired.name, "description": desired.description})
    add = _in_order(wanted - standing)
    remove = _in_order(standing - wanted if desired.purge else ())
    action = Action.UPDATE if attributes or add or remove else Action.NOTHING
    return AddressGroupPlan(name, action if existing else Action.CREATE, existing, attributes, add, remove, duplicates)


def _judge_name(name: str | None, *, required: bool) -> str | None:
    """Return a name that Neutron takes, which for address groups is stricter than for security groups."""
    judge_text("name", name, required=required)
    if name is not None and not (
        all(map(_is_shown, name)) and _SPACE not in map(unicodedata.category, (name[0], name[-1]))
    ):
        raise InputError(
            "name",
            f"{name!r} begins or ends with a space, or has a character that the cloud does not take in this name, "
            "such as a line break or an emoji",
        )
    return name


def _is_shown(char: str) -> bool:
    """Tell whether neutron_lib's ``validate_name_string`` takes a character."""
    category = unicodedata.category(char)
    return char <= "\uffff" and not category.startswith("C") and category not in ("Zl", "Zp")


def _networks(texts: Iterable[str]) -> Iterator[Network]:
    """Return networks without host bits, which Neutron drops in address groups, though it keeps them in rules."""
    for text in texts:
        for spelling in ANYWHERE.values() if text.strip() == "anywhere" else [text]:
            try:
                yield parse_prefix(spelling).network
            except InputError as error:
                raise InputError("addresses", error.problem) from None


def _in_order(addresses: Iterable[Network]) -> tuple[Network, ...]:
    return tuple(sorted(addresses, key=ipaddress.get_mixed_type_key))


def _existing(desired: DesiredAddressGroup, current: Collection[AddressGroup]) -> AddressGroup | None:
    """Return the group that a description is about, or None."""
    named = [group for group in current if group.name == desired.name]
    if desired.id is None:
        if len(named) > 1:
            raise InputError("name", several("address groups", named[0].name, [group.id for group in named]))
        return named[0] if named else None
    existing = next((group for group in current if group.id == desired.id), None)
    if existing is None and desired.present:
        raise InputError("id", f"there is no address group with the id {desired.id!r}")
    if desired.present and named and existing not in named:
        taken = ", ".join(sorted(group.id for group in named))
        raise InputError("name", f"the project has an address group {desired.name!r} already: {taken}")
    return existing
