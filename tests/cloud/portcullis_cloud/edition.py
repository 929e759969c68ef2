# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices that make one cloud's data differ from another's."""

from __future__ import annotations

from dataclasses import dataclass

from portcullis_cloud.network_backends import NONE, NetworkBackend
from portcullis_cloud.releases import NEWEST, Release
from portcullis_cloud.services import Service, ServiceSet


@dataclass(frozen=True)
class Edition:
    """What a cloud consists of. Clouds of one edition start from the same snapshot."""

    size: ServiceSet = ServiceSet.ALL
    release: Release = NEWEST
    network_backend: NetworkBackend = NONE

    def __str__(self) -> str:
        return f"{self.release.name}-{self.size}-{self.network_backend.name}"

    @property
    def services(self) -> tuple[Service, ...]:
        """The services of the size that the release has."""
        return tuple(service for service in self.size.services if service.name in self.release.applications)
