# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cloud consists of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HOST = "127.0.0.1"
REGION = "RegionOne"


@dataclass(frozen=True)
class Service:
    """One service with an API.

    ``offset`` is added to the cloud's base port. ``path`` ends the URL in Keystone's catalogue; ``probe`` is a
    request below it that only a working service answers, database and policy included. ``configuration`` is the
    name of its file in ``etc``, as the service itself expects it. ``needs`` names the services that must answer
    before this one starts. ``has_database`` says whether there is anything to create before its first start.
    """

    name: str
    type: str
    offset: int
    path: str
    probe: str
    configuration: str
    needs: tuple[str, ...] = ()
    has_database: bool = True

    def port(self, base_port: int) -> int:
        return base_port + self.offset

    def url(self, base_port: int) -> str:
        """The URL of the service, as in the catalogue."""
        return f"http://{HOST}:{self.port(base_port)}{self.path}"


KEYSTONE = Service("keystone", "identity", 0, "/v3", "/projects", "keystone.conf")
NEUTRON = Service("neutron", "network", 1, "", "/v2.0/networks", "neutron.conf")
PLACEMENT = Service("placement", "placement", 2, "", "/resource_providers", "placement.conf")
GLANCE = Service("glance", "image", 3, "", "/v2/images", "glance-api.conf")
NOVA = Service("nova", "compute", 4, "/v2.1", "/servers/detail", "nova.conf", needs=("keystone", "placement"))

# In the place of Nova, Placement and Glance, with old releases.
NOVA_STUB = Service("nova-stub", "compute", 4, "/v2.1", "/servers/detail", "nova-stub.conf", ("keystone",), False)

ALL_SERVICES = (KEYSTONE, NEUTRON, PLACEMENT, GLANCE, NOVA, NOVA_STUB)
# How far apart two clouds' base ports are.
PORTS_PER_CLOUD = 10


class ServiceSet(StrEnum):
    """The two sizes a cloud comes in."""

    ALL = "all"
    NETWORK = "network"

    @property
    def services(self) -> tuple[Service, ...]:
        return ALL_SERVICES if self is ServiceSet.ALL else (KEYSTONE, NEUTRON)
