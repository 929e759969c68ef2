# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The releases of OpenStack that a cloud can run, and how they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """One release. All of its packages are in ``tests/cloud/releases/NAME.txt``.

    ``applications`` has the WSGI application of each of its services, as ``module:name``, or ``module:name()`` if it
    is a function that makes the application. ``pythons`` are the versions of Python that it was seen to run on.
    """

    name: str
    applications: Mapping[str, str]
    pythons: tuple[str, ...]


_MODULES = {
    "keystone": "keystone.wsgi.api:application",
    "neutron": "neutron.wsgi.api:application",
    "placement": "placement.wsgi.api:application",
    "glance": "glance.wsgi.api:application",
    "nova": "portcullis_hosted.nova_threads:application",
}
# Until 2024.2: functions, and eventlet wherever its own command does not run a service.
_FUNCTIONS = {
    "keystone": "keystone.server.wsgi:initialize_public_application()",
    "neutron": "portcullis_hosted.neutron_threads:application",
    "placement": "placement.wsgi:init_application()",
    "glance": "portcullis_hosted.glance_threads:application",
    "nova": "portcullis_hosted.nova_eventlet:application",
}
# The oldest: other Pythons, and a stub where Nova, Placement and Glance would be.
_STUBBED = {
    "keystone": _FUNCTIONS["keystone"],
    "neutron": _FUNCTIONS["neutron"],
    "nova-stub": "portcullis_hosted.nova_stub:from_configuration()",
}

NEWEST = Release("2026.2", _MODULES, ("3.11", "3.12", "3.13"))
RELEASES = {
    release.name: release
    for release in (
        NEWEST,
        Release("2026.1", _MODULES, ("3.11", "3.12", "3.13")),
        Release("2024.1", _FUNCTIONS, ("3.11",)),
        Release("2023.1", _FUNCTIONS, ("3.11", "3.12")),
        Release("wallaby", _STUBBED, ("3.8",)),
        Release("train", _STUBBED, ("3.7",)),
    )
}
