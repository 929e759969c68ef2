# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a report is better with, and can do without."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from .._cloud.cloud import Cloud
from .._common.errors import CloudError

Thing = TypeVar("Thing")


class Permitted:
    """Reads lists, and notes those that these credentials may not read."""

    def __init__(self, cloud: Cloud) -> None:
        """Prepare to read."""
        self._cloud = cloud
        self.unknown: list[str] = []
        """What cannot be read, for people."""

    def read(self, kind: str, read: Callable[[], Iterable[Thing]], *, extension: str | None = None) -> list[Thing]:
        """Read things; none if these credentials may not.

        :param kind: what people call the things
        :param extension: alias of an extension without which Neutron has none of them
        """
        if extension is not None and extension not in self._cloud.extensions:
            return []
        try:
            return list(read())
        except CloudError as error:
            self.unknown.append(f"{kind[0].upper()}{kind[1:]} cannot be read: {error}")
            return []
