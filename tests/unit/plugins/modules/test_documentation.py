# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation says is what the modules take, and copies that cannot be avoided are true copies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._module.argspec import AUTH, UNTIL
from ansible_collections.portcullis.openstack.tests.unit.plugins.modules.docs import MODULES, fragment, module, options

NESTED_RULES = [
    ("security_group", ["security_group_rules"]),
    ("security_group_set", ["groups", "rules"]),
]


def facts(described: Mapping[str, Mapping[str, Any]], nested: str) -> dict[str, Any]:
    """Return what documentation and argument spec both say of options, without the words.

    :param nested: what the options of an option are called
    """
    return {
        name: {
            "type": option.get("type", "str"),
            "elements": option.get("elements"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "aliases": option.get("aliases", []),
            "options": facts(option.get(nested, {}), nested),
        }
        for name, option in described.items()
    }


@pytest.mark.parametrize("name", MODULES)
def test_the_documented_options_are_those_of_the_spec(name: str) -> None:
    spec = {**AUTH, **module(name).ARGUMENT_SPEC}
    assert facts(options(name), "suboptions") == facts(spec, "options")


@pytest.mark.parametrize(("name", "path"), NESTED_RULES)
def test_nested_rule_options_are_documented_as_those_of_a_rule(name: str, path: list[str]) -> None:
    nested = options(name)
    for part in path:
        nested = nested[part]["suboptions"]
    prefix = "".join(f"{part}[]." for part in path)
    expected = with_paths(fragment("rule")["options"], prefix)
    # Modules for a single rule and the modules of openstack.cloud have no time limits.
    shared = {option: text for option, text in nested.items() if option not in UNTIL}
    assert shared == expected
    assert list(shared) == list(expected)


def with_paths(documentation: Any, prefix: str) -> Any:
    """Return documentation in which every reference to an option has a path before it."""
    if isinstance(documentation, dict):
        return {key: with_paths(value, prefix) for key, value in documentation.items()}
    if isinstance(documentation, list):
        return [with_paths(value, prefix) for value in documentation]
    return re.sub(r"\bO\(", f"O({prefix}", documentation) if isinstance(documentation, str) else documentation
