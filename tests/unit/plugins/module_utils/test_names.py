# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names mean one object, or are an error that says what to do."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import Names, looks_like_id

NAMES = Names({"id-1": "web", "id-2": "twin", "id-3": "twin"}, {"id-4": "far"})


@pytest.mark.parametrize(("name", "id_"), [("web", "id-1"), ("id-3", "id-3"), ("id-4", "id-4")])
def test_a_name_or_an_id_means_one(name: str, id_: str) -> None:
    assert NAMES.find("security_groups", name) == id_


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("servers", "none", "servers: there is no server 'none' in the project"),
        ("security_group", "far", "security_group: there is no security group 'far' in the project"),
        ("remote_address_group", "none", "remote_address_group: there is no address group 'none' in the project"),
        ("networks", "twin", "networks: there are several networks named 'twin': id-2, id-3; "),
        ("remote_group", "twin", "remote_group: there are several groups named 'twin': id-2, id-3; "),
    ],
)
def test_other_names_are_errors_of_their_option(option: str, name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        NAMES.find(option, name)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1cab4a62-0fda-40d9-bac8-fd73275b472d", True),
        ("1CAB4A62-0FDA-40D9-BAC8-FD73275B472D", True),
        ("1cab4a620fda40d9bac8fd73275b472d", False),
        ("web", False),
    ],
)
def test_ids_are_uuids_with_dashes(text: str, expected: bool) -> None:
    assert looks_like_id(text) is expected
