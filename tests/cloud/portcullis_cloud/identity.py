# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may log in. The passwords are public: the cloud listens on this machine only and holds nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """A user with roles on a project, all in Keystone's default domain."""

    user: str
    project: str
    roles: tuple[str, ...]

    @property
    def password(self) -> str:
        return f"test-only-{self.user}"


ADMIN = Account("admin", "admin", ("admin",))
# Neutron, Nova, Glance and Placement use this one among themselves.
SERVICE = Account("service", "service", ("admin", "service"))
DEMO = Account("demo", "demo", ("member",))
ALT = Account("alt", "alt", ("member",))
READER = Account("reader", "demo", ("reader",))

# The clouds of clouds.yaml; each is named after its user.
USERS = (ADMIN, DEMO, ALT, READER)
