# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a new cloud through its APIs: identities and catalogue, networks, an image, a flavor."""

from __future__ import annotations

from collections.abc import Iterable

from portcullis_cloud.api import Api
from portcullis_cloud.identity import ADMIN, SERVICE, USERS, Account
from portcullis_cloud.services import GLANCE, KEYSTONE, NEUTRON, NOVA, NOVA_STUB, PLACEMENT, REGION, Service

_INTERFACES = ("public", "internal", "admin")


def seed_identity(api: Api, services: Iterable[Service], base_port: int) -> None:
    """Projects, users and roles beyond the administrator's, and the catalogue."""
    roles = {role["name"]: role["id"] for role in api.get(KEYSTONE, "/roles")["roles"]}
    projects: dict[str, str] = {}
    for account in (SERVICE, *USERS):
        if account is not ADMIN:
            _add_account(api, account, roles, projects)
    for service in services:
        _add_to_catalogue(api, service, base_port)


def _add_account(api: Api, account: Account, roles: dict[str, str], projects: dict[str, str]) -> None:
    if account.project not in projects:
        project = {"name": account.project, "domain_id": "default"}
        projects[account.project] = api.post(KEYSTONE, "/projects", {"project": project})["project"]["id"]
    user = {"name": account.user, "password": account.password, "domain_id": "default"}
    user_id = api.post(KEYSTONE, "/users", {"user": user})["user"]["id"]
    for role in account.roles:
        # Keystone comes with the role "service" since 2023.2.
        if role not in roles:
            roles[role] = api.post(KEYSTONE, "/roles", {"role": {"name": role}})["role"]["id"]
        api.put(KEYSTONE, f"/projects/{projects[account.project]}/users/{user_id}/roles/{roles[role]}")


def _add_to_catalogue(api: Api, service: Service, base_port: int) -> None:
    # The bootstrap has put Keystone there already, without endpoints.
    known = {entry["type"]: entry["id"] for entry in api.get(KEYSTONE, "/services")["services"]}
    entry = {"name": service.name, "type": service.type}
    service_id = known.get(service.type) or api.post(KEYSTONE, "/services", {"service": entry})["service"]["id"]
    for interface in _INTERFACES:
        endpoint = {"service_id": service_id, "interface": interface, "region_id": REGION}
        api.post(KEYSTONE, "/endpoints", {"endpoint": endpoint | {"url": service.url(base_port)}})


def seed_content(api: Api, services: Iterable[Service]) -> None:
    """What the tests expect to find. Of the given services only, in the order they are given."""
    for service in services:
        _CONTENT[service.name](api)


def _seed_networks(api: Api) -> None:
    """Two networks that every project may use."""
    demo = _add_network(api, "demo")
    _add_subnet(api, demo, "demo-ipv4", {"ip_version": 4, "cidr": "10.10.0.0/16"})
    # SLAAC gives a port its address without an agent.
    slaac = {"ipv6_address_mode": "slaac", "ipv6_ra_mode": "slaac"}
    _add_subnet(api, demo, "demo-ipv6", {"ip_version": 6, "cidr": "fd10::/64"} | slaac)
    demo2 = _add_network(api, "demo2")
    _add_subnet(api, demo2, "demo2-ipv4", {"ip_version": 4, "cidr": "10.20.0.0/16"})


def _add_network(api: Api, name: str) -> str:
    network = {"name": name, "shared": True}
    return str(api.post(NEUTRON, "/v2.0/networks", {"network": network})["network"]["id"])


def _add_subnet(api: Api, network_id: str, name: str, options: dict[str, object]) -> None:
    subnet = {"name": name, "network_id": network_id} | options
    api.post(NEUTRON, "/v2.0/subnets", {"subnet": subnet})


def _seed_image(api: Api) -> None:
    """An image whose content nothing will ever boot."""
    image = {"name": "cirros", "visibility": "public", "disk_format": "raw", "container_format": "bare"}
    image_id = api.post(GLANCE, "/v2/images", image)["id"]
    api.put(GLANCE, f"/v2/images/{image_id}/file", b"not a disk\n")


def _seed_flavor(api: Api) -> None:
    """A flavor with a disk: Nova lets only administrators boot an image on a flavor without."""
    flavor = {"name": "m1.tiny", "ram": 64, "vcpus": 1, "disk": 1}
    api.post(NOVA, "/flavors", {"flavor": flavor})


def _seed_nothing(_api: Api) -> None:
    pass


_CONTENT = {
    KEYSTONE.name: _seed_nothing,
    NEUTRON.name: _seed_networks,
    PLACEMENT.name: _seed_nothing,
    GLANCE.name: _seed_image,
    NOVA.name: _seed_flavor,
    NOVA_STUB.name: _seed_nothing,
}
