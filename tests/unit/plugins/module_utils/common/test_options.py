# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options are read as Ansible reads those of modules; what is omitted is as if not written; errors name their place."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.options import (
    given,
    read_list,
    read_mappings,
    read_options,
)

# As ansible-core 2.16 to 2.18 write it.
OMIT_TEXT = "__omit_place_holder__f8cb1d41d04b5ebb5fb8a6b0a8f9c0bd3a4a4f4b"


class _OmitType:
    """What an omitted value is from ansible-core 2.19 on."""


SPEC: dict[str, dict[str, Any]] = {
    "name": {"required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "aliases": ["status"]},
    "stateful": {"type": "bool"},
    "size": {"type": "int"},
    "tags": {"type": "list", "elements": "str"},
    "anything": {"type": "list"},
    "free": {"type": "dict"},
    "selector": {"type": "dict", "options": {"tags": {"type": "list", "elements": "int"}}},
    "rules": {"type": "list", "elements": "dict", "options": {"port": {"type": "int"}}},
}
NESTED: dict[str, dict[str, Any]] = {
    "groups": {"type": "list", "elements": "dict", "options": SPEC},
    "attachments": {
        "type": "list",
        "elements": "dict",
        "options": {"host": {}, "servers": {}, "state": {"type": "bool"}},
    },
}


@pytest.mark.parametrize("omit", [OMIT_TEXT, _OmitType()])
def test_what_is_omitted_is_not_there(omit: Any) -> None:
    written = {"a": omit, "b": [1, omit, {"c": omit, "d": (omit, "x")}], "e": {"f": omit}}
    assert given(written) == {"b": [1, {"d": ["x"]}], "e": {}}
    assert given(omit) is None


def test_what_is_given_stays() -> None:
    value: dict[str, Any] = {"a": [None, False, "", 0, {"b": []}]}
    assert given(value) == value


def test_values_have_the_types_of_the_spec() -> None:
    written = {
        "name": 443,
        "status": "absent",
        "stateful": "no",
        "size": "7",
        "tags": "a, b,c",
        "anything": [{}],
        "free": "a=b",
        "selector": {"tags": ["1"]},
        "rules": [{"port": "80"}],
    }
    assert read_options(SPEC, written) == {
        "name": "443",
        "state": "absent",
        "stateful": False,
        "size": 7,
        "tags": ["a", "b", "c"],
        "anything": [{}],
        "free": {"a": "b"},
        "selector": {"tags": [1]},
        "rules": [{"port": 80}],
    }


def test_null_is_as_if_not_written() -> None:
    assert read_options(SPEC, {"name": "a", "state": None, "tags": None}) == {"name": "a"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"state": "gone"}, "state: 'gone' is not a valid value; choose present or absent"),
        ({"stateful": "ture"}, "stateful: 'ture' is neither true nor false"),
        ({"stateful": []}, "stateful: [] is neither true nor false"),
        ({"size": ""}, "size: '' is not an integer"),
        ({"size": 1.5}, "size: 1.5 is not an integer"),
        ({"tags": [["a"]]}, "tags: ['a'] is not a text"),
        ({"tags": [None]}, "tags: None is not a text"),
        ({"tags": {"a": "b"}}, "tags: it is a mapping, not a list"),
        ({"free": "a"}, "free: 'a' is not a mapping; write name: value"),
        ({"selector": {"tags": ["x"]}}, "selector, tags: 'x' is not an integer"),
        ({"rules": [{}, {"port": "x"}]}, "rule 2, port: 'x' is not an integer"),
        ({"rules": "x"}, "rules: entry 1 is 'x'; write a mapping"),
        ({"colour": "red"}, "colour: there is no such option; there are anything, free, name, rules, selector, size"),
    ],
)
def test_a_value_that_cannot_be(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(InputError) as caught:
        read_options(SPEC, {"name": "a", **options})
    assert str(caught.value).startswith(expected)


def test_all_errors_at_once_each_with_its_place() -> None:
    groups = [
        {"name": "web", "state": "gone", "rules": [{"port": ""}, {"ports": 1}]},
        {"state": "gone"},
        {"name": "a\nb", "size": "x"},
    ]
    attachments = [
        {"state": "x", "servers": ["web1"]},
        {"state": "x", "servers": "web1"},
        {"state": "x", "host": "web2"},
    ]
    with pytest.raises(InputError) as caught:
        read_options(NESTED, {"groups": groups, "attachments": attachments})
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        "security group web, state",
        "security group web, rule 1, port",
        "security group web, rule 2, ports",
        "security group number 2, state",
        "security group number 2, name",
        r"security group 'a\nb', size",
        "attachment 1 (web1), state",
        "attachment 1 (web1), servers",
        "attachment 2, state",
        "host web2, state",
    ]


def test_an_entry_that_a_service_became_is_called_as_the_user_wrote_it() -> None:
    spec = {"groups": {**NESTED["groups"], "options": {**NESTED["groups"]["options"], "service": {"type": "str"}}}}
    group = {"name": "prod-web", "service": "web", "state": "gone", "rules": [{"port": ""}]}
    with pytest.raises(InputError) as caught:
        read_options(spec, {"groups": [group, {**group, "service": 80}]})
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        "service web, state",
        "service web, allow 1, port",
        "service 80, state",
        "service 80, allow 1, port",
    ]


@pytest.mark.parametrize(
    ("value", "entries"), [("80", ["80"]), (80, [80]), (None, []), ((1,), [1]), ("a,b", ["a", "b"]), (OMIT_TEXT, [])]
)
def test_what_is_taken_for_a_list(value: Any, entries: list[Any]) -> None:
    assert read_list("ports", value) == entries


def test_entries_that_are_no_mappings() -> None:
    with pytest.raises(InputError, match=r"^allow: entry 2 is None; write a mapping"):
        read_mappings("allow", [{}, None])


def test_errors_that_entries_carry_from_a_filter() -> None:
    carrying = {"name": "", "error": "service web, allow 1, ports: 0 is not a port"}
    with pytest.raises(InputError) as caught:
        read_options(NESTED, {"groups": [carrying, {"name": "db", "size": "x"}]})
    assert str(caught.value).splitlines() == [
        "service web, allow 1, ports: 0 is not a port",
        "security group db, size: 'x' is not an integer",
    ]
