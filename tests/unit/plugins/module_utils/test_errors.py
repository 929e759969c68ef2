# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions say where and what, and only what the user can use."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import (
    CloudError,
    InputError,
    PortcullisError,
)


def test_input_error_names_the_field() -> None:
    error = InputError("protocol", "'tpc' is not a protocol")
    assert str(error) == "protocol: 'tpc' is not a protocol"
    assert (error.field, error.problem) == ("protocol", "'tpc' is not a protocol")


def test_every_place_goes_before_the_ones_inside_it() -> None:
    error = InputError("ports", "'x' is not a port").within("rule 2").within("security group web")
    assert str(error) == "security group web, rule 2, ports: 'x' is not a port"
    assert error.problem == "'x' is not a port"


def test_cloud_error_may_have_a_status() -> None:
    assert CloudError("refused", status=409).status == 409
    assert CloudError("no answer").status is None
    assert str(CloudError("no answer")) == "no answer"


def test_all_are_one_family_and_have_done_nothing_at_first() -> None:
    errors: list[PortcullisError] = [InputError("name", "it is empty"), CloudError("refused")]
    assert [list(error.done) for error in errors] == [[], []]


@pytest.mark.parametrize(
    ("error", "unsure", "may_pass"),
    [
        (CloudError("no route", lost=True), True, True),
        (CloudError("gateway", status=504), True, True),
        (CloudError("broken", status=500), False, True),
        (CloudError("taken", status=409), False, True),
        (CloudError("forbidden", status=403), False, False),
        (CloudError("no such option"), False, False),
    ],
)
def test_what_an_error_of_the_cloud_means(error: CloudError, unsure: bool, may_pass: bool) -> None:
    assert (error.unsure, error.may_pass) == (unsure, may_pass)
