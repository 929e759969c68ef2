# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions say where and what, and only what the user can use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import (
    CloudError,
    InputError,
    MultipleInputError,
    PortcullisError,
    Problems,
    UnknownNameError,
    carried,
    hidden,
    written_as,
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


def test_what_a_policy_hides() -> None:
    assert str(hidden({"tags", "name"}, "ports")) == (
        "the cloud does not show name, tags of ports to these credentials; ask its administrators for the right to "
        "see it"
    )


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


NAME, PORT = InputError("name", "it is empty"), InputError("ports", "'x' is not a port")


def test_several_errors_are_one_with_a_line_for_each() -> None:
    error = MultipleInputError([NAME, PORT]).within("rule 2").within("security group web")
    assert isinstance(error, InputError)
    assert str(error) == (
        "security group web, rule 2, name: it is empty\nsecurity group web, rule 2, ports: 'x' is not a port"
    )


def test_without_problems_nothing_happens() -> None:
    with Problems() as problems, problems.within("rule 1"):
        pass


def collect(errors: Mapping[str, Exception | None]) -> None:
    """Collect errors by their places."""
    with Problems() as problems:
        for place, error in errors.items():
            with problems.within(place or None):
                if error is not None:
                    raise error


def raised_by(work: Callable[[], None]) -> PortcullisError:
    """Return what some work raises."""
    with pytest.raises(PortcullisError) as caught:
        work()
    return caught.value


def test_one_problem_is_raised_in_its_place() -> None:
    error = raised_by(lambda: collect({"rule 1": NAME, "rule 2": None}))
    assert str(error) == "rule 1, name: it is empty"
    assert not isinstance(error, MultipleInputError)


def test_a_problem_without_a_place_stays_as_it_is() -> None:
    unknown = UnknownNameError("servers", "there is no server 'x'")
    assert raised_by(lambda: collect({"": unknown})) is unknown


def test_all_problems_are_raised_together_those_of_parts_in_their_places() -> None:
    def collect_all() -> None:
        with Problems() as groups:
            for number in (1, 2):
                with groups.within(f"group {number}"):
                    collect({"rule 1": NAME, "rule 2": None, "rule 3": PORT})

    error = raised_by(collect_all)
    assert isinstance(error, MultipleInputError)
    assert str(error).splitlines() == [
        "group 1, rule 1, name: it is empty",
        "group 1, rule 3, ports: 'x' is not a port",
        "group 2, rule 1, name: it is empty",
        "group 2, rule 3, ports: 'x' is not a port",
    ]


def test_an_error_of_the_cloud_is_raised_at_once_in_place_of_problems() -> None:
    refused = CloudError("refused")
    assert raised_by(lambda: collect({"rule 1": NAME, "rule 2": refused, "rule 3": PORT})) is refused


@pytest.mark.parametrize("text", ["web", "web: ", "web: a\x00b"])
def test_what_no_filter_has_written(text: str) -> None:
    problems = Problems()
    assert problems.take({"error": text})
    with pytest.raises(InputError, match=r"^error: .* was not set by a filter; remove this option$"):
        problems.judge()


def test_errors_that_a_filter_hands_to_a_module() -> None:
    errors = MultipleInputError([InputError("service web, name", "it: is"), InputError("b", "c")])
    problems = Problems()
    for text in carried(errors):
        assert problems.take({"error": text})
    assert not problems.take({"error": None})

    def leave() -> None:
        with problems:
            pass

    with pytest.raises(InputError) as caught:
        leave()
    assert str(caught.value) == str(errors)


def test_errors_by_the_names_that_users_have_written() -> None:
    with pytest.raises(InputError) as caught, written_as({"remote_ip_prefixes": "remote_ips"}):
        raise MultipleInputError([InputError("remote_ip_prefixes", "a"), InputError("ports", "b")])
    assert str(caught.value) == "remote_ips: a\nports: b"


def test_an_error_that_two_have_found_is_told_once() -> None:
    twice = MultipleInputError([InputError("a", "b"), MultipleInputError([InputError("a", "b"), InputError("c", "d")])])
    assert str(twice) == "a: b\nc: d"
