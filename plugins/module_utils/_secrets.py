# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the options must not be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

# The parts of credentials that may be shown. All others may not, whatever plugin they are for.
_HARMLESS: Final = frozenset(
    {"auth_url", "username", "user_id", "default_domain_id", "default_domain_name", "system_scope"}
    | {f"{scope}{part}" for scope in ("", "user_", "project_") for part in ("domain_id", "domain_name")}
    | {"project_id", "project_name", "application_credential_id", "application_credential_name"}
)


def secrets_of(params: Mapping[str, Any], hidden: Iterable[str]) -> set[str]:
    """Return the values that output must not contain.

    Ansible hides all of ``auth``, also names such as ``default`` that groups may have too, and nothing of a ``cloud``
    that is a mapping.

    :param params: the options of a module
    :param hidden: the values that Ansible hides by itself
    """
    cloud = params["cloud"]
    auth = {**((cloud.get("auth") or {}) if isinstance(cloud, Mapping) else {}), **(params["auth"] or {})}
    secrets = {str(value) for key, value in auth.items() if key not in _HARMLESS and value}
    return (set(hidden) - {str(auth[key]) for key in _HARMLESS & auth.keys()}) | secrets
