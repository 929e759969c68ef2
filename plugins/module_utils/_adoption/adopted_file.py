# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file with the variables that describe a project, and what it says of what they leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .._common.errors import InputError
from .._common.text import shown, truth
from .yaml_text import yaml_lines

_KINDS: Final = {"security_group": "security group", "rule": "a rule of security group", "tags": "tags of"}
_OWNER: Final = "service_groups_owner"
_PREFIX: Final = "service_groups_prefix"
_TITLES: Final = {
    "adopt": "Security groups as portcullis.openstack.adopt found them. This file is yours to edit.",
    "retire": "Security groups as portcullis.openstack.retire found them. Apply this file to restore them.",
}


def adopted_file(result: Mapping[str, Any], place: Mapping[str, str] | None = None, playbook: str = "adopt") -> str:
    """Return the text of the file, which is the same for the same result.

    :param result: that of the module service_groups_info
    :param place: variables that tell where the groups are, such as the name of the cloud
    :param playbook: the playbook that writes the file, ``adopt`` or ``retire``
    """
    return "".join(f"{line}\n" for line in _lines(result, place or {}, playbook))


def _lines(result: Mapping[str, Any], place: Mapping[str, str], playbook: str) -> Iterator[str]:
    yield f"# {_TITLES[playbook]}"
    if texts := left_out_lines(result):
        yield "#"
        yield "# Left out:"
        yield from (f"# - {text}" for text in texts)
    if result["address_groups"]:
        yield "#"
        yield "# Rules name these address groups. The module address_group creates them. A run with this file does not."
        yield from (f"# {line}" for line in yaml_lines({"address_groups": result["address_groups"]}))
    yield "---"
    if result["owner"] is None and playbook == "adopt":
        yield "# Set an owner to mark these groups as yours. Other owners cannot change them then."
        yield f"# {_OWNER}: NAME"
    variables = {
        **{name: value for name, value in place.items() if value},
        _OWNER: result["owner"],
        _PREFIX: result["prefix"] or None,
        "service_groups_services": result["services"],
        "instance_groups_attachments": result["attachments"],
    }
    yield from yaml_lines({name: value for name, value in variables.items() if value is not None})


def judge_file(path: Any, *, exists: bool, force: Any) -> None:
    """Refuse to write without a path, and to overwrite a file, unless that is wanted.

    :raises InputError: if so
    """
    if not path:
        raise InputError("adopt_file", "it is missing; give the path of the file to write")
    if exists and not (force is not None and truth("adopt_force", force)):
        raise InputError(
            "adopt_file", f"{str(path)!r} exists; choose another path, or set adopt_force: true to overwrite the file"
        )


def left_out_lines(result: Mapping[str, Any]) -> list[str]:
    """Return what variables do not describe, and what could not be read, a line for each."""
    left_out = [f"{_thing(one)}: {shown(one['reason'])}" for one in result["left_out"]]
    return [*left_out, *map(shown, result["unknown"])]


def _thing(one: Mapping[str, str]) -> str:
    return f"{_KINDS[one['kind']]} {shown(one['name']).strip() or one['id']}"


def unexpected(differences: Sequence[Mapping[str, str]], owner: str | None) -> str:
    """Return what a plan with the file would change, apart from marking groups as the owner's, as text for people.

    :param differences: the diff of the module security_group_set
    """
    mark = {"before": "", "after": f"owner: {owner}\n"}
    return "".join(_as_text(one) for one in differences if {key: one[key] for key in mark} != mark)


def _as_text(one: Mapping[str, str]) -> str:
    title = max(one["before_header"], one["after_header"], key=len)
    lines = [*(f"  - {line}" for line in one["before"].splitlines())]
    lines += (f"  + {line}" for line in one["after"].splitlines())
    return "\n".join([title, *lines, ""])
