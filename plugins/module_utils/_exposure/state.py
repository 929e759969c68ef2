# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exposure is computed from: groups with rules, address groups, and ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .._rules.rule import Rule

# Groups of ports of these kinds are stored, but the network does not enforce them: the interface is the hardware's.
_UNENFORCED: Final = frozenset(
    {"direct", "direct-physical", "macvtap", "baremetal", "accelerator-direct", "accelerator-direct-physical"}
)


@dataclass(frozen=True)
class Port:
    """A port as it matters for who reaches what.

    ``addresses`` are its fixed addresses. ``pairs`` are the prefixes of its allowed address pairs. ``public`` are the
    ways in which the Internet may reach it, of :data:`.paths.PUBLIC`.
    """

    id: str
    project_id: str
    network_id: str
    addresses: tuple[str, ...]
    groups: frozenset[str]
    secured: bool = True
    pairs: tuple[str, ...] = ()
    vnic_type: str = "normal"
    server_id: str | None = None
    name: str = ""
    public: frozenset[str] = frozenset()

    @property
    def instance(self) -> str:
        """The id of the instance that it belongs to; a port that no server has counts as one."""
        return self.server_id or self.id

    @property
    def filtered(self) -> bool:
        """Whether groups decide what passes; a port without port security, or on hardware, lets everything pass."""
        return self.secured and self.vnic_type not in _UNENFORCED


@dataclass(frozen=True)
class State:
    """A cloud as far as it can be seen.

    ``rules`` are those of each group by its id. A group that is missing there has rules that cannot be seen: those of a
    group that another project shares. ``hidden_members`` are the ids of groups that ports may have which cannot be
    seen: those of another project, and those shared with one. ``address_groups`` holds prefixes by id; one that is
    missing there cannot be seen.
    """

    rules: Mapping[str, Sequence[Rule]]
    ports: Sequence[Port]
    address_groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hidden_members: frozenset[str] = frozenset()
    backend: str = "unknown"

    def unseen_remote(self, rule: Rule) -> str | None:
        """Return the id of the group or address group that a rule names, if not all of its addresses can be seen."""
        if rule.remote_group in self.hidden_members:
            return rule.remote_group
        unseen = rule.remote_address_group is not None and rule.remote_address_group not in self.address_groups
        return rule.remote_address_group if unseen else None
