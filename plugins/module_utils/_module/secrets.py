# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the values in the options that must not be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

from ansible.module_utils.common.validation import check_type_dict

# The parts of credentials that may be shown. All others may not, whatever plugin they are for.
_HARMLESS: Final = frozenset(
    {"auth_url", "username", "user_id", "default_domain_id", "default_domain_name", "system_scope"}
    | {f"{scope}{part}" for scope in ("", "user_", "project_") for part in ("domain_id", "domain_name")}
    | {"project_id", "project_name", "application_credential_id", "application_credential_name"}
    # Of federated logins, and of logins by several methods
    | {"identity_provider", "protocol", "client_id", "openid_scope", "discovery_endpoint", "auth_methods"}
)
# Parts of credentials beside ``auth``: the SDK takes them in a cloud, and people put them among the options.
_TELLTALE: Final = re.compile("passw|passcode|secret|token")


def secrets_of(params: Mapping[str, Any], hidden: Iterable[str]) -> set[str]:
    """Return the values that output must not contain, in every spelling that messages, URLs and bodies have.

    Ansible hides all of ``auth``, also names such as ``default`` that groups may have too, and nothing of a ``cloud``
    that is a mapping.

    :param params: the options of a module, which may be invalid
    :param hidden: the values that Ansible hides by itself
    """
    overrides = _mapping(params.get("overrides"))
    places = [place for options in (params, overrides) for place in (options, _mapping(options.get("cloud")))]
    auths = [_mapping(place.get("auth")) for place in places]
    secret = [value for auth in auths for key, value in auth.items() if key not in _HARMLESS]
    secret += [place[key] for place in places for key in place if _TELLTALE.search(str(key))]
    # A text that is no mapping may still hold a cloud.
    secret += [] if overrides else [params.get("overrides")]
    shown = {str(auth[key]) for auth in auths for key in _HARMLESS & auth.keys()}
    texts = {*hidden} - shown | set(_texts(secret))
    return {spelling for text in texts for spelling in _spellings(text)}


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping, also for a text that Ansible takes as one, and an empty one for anything else."""
    try:
        return dict(check_type_dict(value))
    except TypeError:
        return {}


def _texts(value: Any) -> Iterator[str]:
    """Return a value as a text; of lists and mappings, which are no credentials but may hold some, every value."""
    if isinstance(value, (list, Mapping)):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)
    elif value:
        yield str(value)


def _spellings(text: str) -> set[str]:
    # Text that is not Unicode, such as half of a surrogate pair, has no other form in a URL, and must not be an error.
    quoted = {quote(text, safe="", errors="surrogatepass"), quote_plus(text, errors="surrogatepass")}
    return {text, repr(text)[1:-1], json.dumps(text)[1:-1], *quoted}
