# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are hidden wherever they stand, and names are not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._module.secrets import secrets_of

AUTH = {"auth_url": "https://cloud", "username": "demo", "user_domain_id": "default", "password": "s3cret"}


@pytest.mark.parametrize(
    ("cloud", "auth", "hidden", "expected"),
    [
        ("mycloud", None, set(), set()),
        ("mycloud", None, {"key"}, {"key"}),
        (None, AUTH, {*AUTH.values(), "key"}, {"s3cret", "key"}),
        ({"auth": AUTH}, None, set(), {"s3cret"}),
        ({"auth": None}, None, set(), set()),
        ({"auth": {"application_credential_id": "id", "application_credential_secret": 7}}, None, set(), {"7"}),
        ({"auth": {"token": "t", "passcode": None}}, {"password": "p"}, {"p"}, {"t", "p"}),
        (None, {**AUTH, "password": "demo"}, {"demo"}, {"demo"}),
        # What Ansible has refused, and what it takes as a mapping although it is none.
        ({"auth": "s3cret"}, None, set(), set()),
        (json.dumps({"auth": AUTH}), None, set(), {"s3cret"}),
        (None, json.dumps(AUTH), set(), {"s3cret"}),
        (None, {"password": {"a": ["s3cret", 7], "b": {}}, "token": None}, set(), {"s3cret", "7"}),
        # Where the SDK finds it too.
        (AUTH, None, set(), {"s3cret"}),
    ],
)
def test_what_is_hidden(cloud: Any, auth: Any, hidden: set[str], expected: set[str]) -> None:
    assert secrets_of({"cloud": cloud, "auth": auth}, hidden) == expected


def test_options_that_were_refused() -> None:
    assert secrets_of({"password": "s3cret", "name": "web"}, set()) == {"s3cret"}


@pytest.mark.parametrize("write", [dict, json.dumps])
@pytest.mark.parametrize(
    "overrides", [{"auth": AUTH}, {"cloud": {"auth": AUTH}}, {"cloud": AUTH}, {"password": "s3cret"}]
)
def test_overrides(overrides: dict[str, Any], write: Callable[[Any], Any]) -> None:
    assert secrets_of({"cloud": "mycloud", "overrides": write(overrides)}, set()) == {"s3cret"}


def test_overrides_that_are_no_mapping() -> None:
    assert "{password: s3cret" in secrets_of({"overrides": "{password: s3cret"}, set())


def test_text_that_is_not_unicode_is_hidden_too() -> None:
    assert "a\ud800b" in secrets_of({"overrides": "a\ud800b"}, set())


def test_every_spelling_is_hidden() -> None:
    assert secrets_of({"cloud": {"password": "s3'\\ ü"}}, set()) == {
        "s3'\\ ü",
        "s3'\\\\ ü",
        "s3'\\\\ \\u00fc",
        "s3%27%5C%20%C3%BC",
        "s3%27%5C+%C3%BC",
    }
