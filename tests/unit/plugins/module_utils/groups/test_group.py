# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups are read, and names in rules mean one thing or are an error."""

from __future__ import annotations

import pytest

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import InputError, UnknownNameError
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import (
    DesiredGroup,
    References,
    group_from_api,
    is_owner_tag,
    new_reference,
    owner_of_tag,
    owner_tag,
    resolve_rules,
)
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.expand import expand
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.rule import Rule, make_rule
from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.builders import (
    WORLD,
    api_group,
    group,
    references,
    standing,
    tcp,
    wanted,
)

SAME_NAME = (group("double", id="id-2"), group("double", id="id-1"))


def known() -> References:
    """Return references to a set of four groups, of which two exist, and to what else exists."""
    return references(
        [wanted("web"), wanted("new"), wanted("old", present=False), wanted("never", present=False)],
        [group("web"), group("old"), group("other"), *SAME_NAME],
        foreign={"far-id": "far", "web-id": "an outdated name"},
        address_groups={"office-id": "office", "lab-1": "lab", "lab-2": "lab"},
    )


def test_a_group_is_read() -> None:
    body = api_group("web", tcp(443), description=None, stateful=False, tags=["b", "a"])
    read = group_from_api(body)
    assert (read.id, read.name, read.description, read.stateful) == ("web-id", "web", "", False)
    assert read.tags == frozenset("ab")
    assert read.rules == (standing(tcp(443)),)
    assert read.rules[0].id == "web-1-id"
    assert read.body is body
    assert read.revision is None


def test_a_cloud_may_count_the_revisions_of_a_group() -> None:
    assert group("web", revision_number=7).revision == 7


def test_a_cloud_may_know_neither_tags_nor_stateful() -> None:
    read = group_from_api({"id": "1", "name": "web", "project_id": "p", "security_group_rules": []})
    assert (read.tags, read.stateful, read.owner) == (None, None, None)


@pytest.mark.parametrize(
    ("tags", "owner"),
    [([], None), (["team-a"], None), ([owner_tag("a"), "x"], "a"), ([owner_tag("b"), owner_tag("a")], None)],
)
def test_owner(tags: list[str], owner: str | None) -> None:
    assert group("web", tags=tags).owner == owner
    assert group("web", tags=tags).owners == {tag.removeprefix(owner_tag("")) for tag in tags if is_owner_tag(tag)}


def test_owner_tags_differ_from_others() -> None:
    assert is_owner_tag(owner_tag("a"))
    assert not is_owner_tag("a")
    assert owner_of_tag(owner_tag("a")) == "a"


def test_remotes_of_a_desired_group() -> None:
    desired = wanted("db", tcp(1, remote_group="web"), tcp(2, remote_group="web"), tcp(3, remote_address_group="x"))
    assert desired.remotes("remote_group") == {"web"}
    assert desired.remotes("remote_address_group") == {"x"}
    assert DesiredGroup("db").remotes("remote_group") == set()
    unwanted = DesiredGroup("db", unwanted=((tcp(1, remote_group="old"),),))
    assert unwanted.remotes("remote_group") == {"old"}


@pytest.mark.parametrize(
    ("options", "option", "reference"),
    [
        pytest.param({"remote_group": "web"}, "remote_group", "web-id", id="name in the set, which exists"),
        pytest.param(
            {"remote_group": "new"}, "remote_group", new_reference("new"), id="name in the set, to be created"
        ),
        pytest.param({"remote_group": "other"}, "remote_group", "other-id", id="name outside the set"),
        pytest.param({"remote_group": "other-id"}, "remote_group", "other-id", id="id"),
        pytest.param({"remote_group": "id-1"}, "remote_group", "id-1", id="id of one of several with one name"),
        pytest.param({"remote_group": "far-id"}, "remote_group", "far-id", id="id in another project"),
        pytest.param({"remote_address_group": "office"}, "remote_address_group", "office-id", id="address group"),
        pytest.param({"remote_address_group": "lab-1"}, "remote_address_group", "lab-1", id="id of an address group"),
        pytest.param({"remote_ip_prefix": WORLD}, "remote_ip_prefix", WORLD, id="no name at all"),
    ],
)
def test_resolve(options: dict[str, str], option: str, reference: str) -> None:
    resolved = known().resolve(tcp(22, description="kept", **options))
    assert getattr(resolved, option) == reference
    assert resolved.description == "kept"


def test_a_name_of_the_set_comes_before_an_id() -> None:
    desired = wanted("other-id")
    resolved = references([desired], [group("other")]).resolve(tcp(22, remote_group="other-id"))
    assert resolved.remote_group == new_reference("other-id")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            {"remote_group": "wbe"},
            "remote_group: there is no security group 'wbe', neither in the project nor in this set",
            id="unknown",
        ),
        pytest.param(
            {"remote_group": "far"},
            "remote_group: there is no security group 'far', neither in the project nor in this set",
            id="name in another project",
        ),
        pytest.param(
            {"remote_group": "double"},
            "remote_group: there are several security groups named 'double': id-1, id-2; "
            "rename all but one, or refer to one by its id",
            id="ambiguous",
        ),
        pytest.param(
            {"remote_group": "old"},
            "remote_group: this run deletes security group 'old'; name another one, or keep it",
            id="deleted by the run",
        ),
        pytest.param(
            {"remote_group": "old-id"},
            "remote_group: this run deletes security group 'old-id'; name another one, or keep it",
            id="deleted by the run, by its id",
        ),
        pytest.param(
            {"remote_group": "never"},
            "remote_group: this run deletes security group 'never'; name another one, or keep it",
            id="absent already",
        ),
        pytest.param(
            {"remote_address_group": "ofice"},
            "remote_address_group: there is no address group 'ofice' in the project",
            id="unknown address group",
        ),
        pytest.param(
            {"remote_address_group": "lab"},
            "remote_address_group: there are several address groups named 'lab': lab-1, lab-2; ",
            id="ambiguous address group",
        ),
    ],
)
def test_meaningless_names(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        known().resolve(make_rule(**options))  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)


def test_pruned_groups_cannot_be_named() -> None:
    names = known()
    names.mark_deleted([group("other")])
    with pytest.raises(InputError, match=r"^remote_group: this run deletes security group 'other'"):
        names.resolve(tcp(22, remote_group="other"))


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        pytest.param("web", "web-id", id="in the set, exists"),
        pytest.param("new", new_reference("new"), id="in the set, to be created"),
        pytest.param("other", "other-id", id="outside the set"),
        pytest.param("far-id", "far-id", id="id in another project"),
    ],
)
@pytest.mark.parametrize("deleted", [False, True])
def test_the_group_that_an_attachment_names(name: str, id_: str, deleted: bool) -> None:
    assert known().group_id(name, "security_groups", deleted=deleted) == id_


def test_an_attachment_names_a_group_by_its_new_name_while_it_is_renamed() -> None:
    names = references([wanted("new", id="web-id")], [group("web")])
    assert names.group_id("new", "security_groups") == "web-id"


@pytest.mark.parametrize(("name", "id_"), [("old", "old-id"), ("old-id", "old-id"), ("never", new_reference("never"))])
def test_a_group_that_the_run_deletes_can_be_detached_and_not_attached(name: str, id_: str) -> None:
    assert known().group_id(name, "security_groups", deleted=True) == id_
    with pytest.raises(InputError, match=rf"^security_groups: this run deletes security group '{name}'"):
        known().group_id(name, "security_groups")


def test_a_group_that_does_not_exist_is_an_error_of_its_own_kind() -> None:
    with pytest.raises(UnknownNameError, match=r"^security_groups: there is no security group 'none'"):
        known().group_id("none", "security_groups", deleted=True)


def test_existing() -> None:
    names = known()
    web = names.existing("web")
    assert web is not None
    assert web.id == "web-id"
    assert names.existing("new") is None
    with pytest.raises(InputError, match=r"^name: there are several security groups named 'double': id-1, id-2"):
        names.existing("double")


@pytest.mark.parametrize(
    ("desired", "id_"),
    [
        pytest.param(DesiredGroup("web"), "web-id", id="by name"),
        pytest.param(DesiredGroup("web-id"), None, id="a new group may be called like an id"),
        pytest.param(DesiredGroup("web-id", may_create=False), "web-id", id="by id in place of the name"),
        pytest.param(DesiredGroup("web", may_create=False), "web-id", id="by name, existing ones only"),
        pytest.param(DesiredGroup("renamed", id="web-id"), "web-id", id="by id, with a new name"),
        pytest.param(DesiredGroup("double", id="id-1"), "id-1", id="by id, of several with one name"),
    ],
)
def test_which_group_is_meant(desired: DesiredGroup, id_: str | None) -> None:
    found = known().find(desired)
    assert (found.id if found else None) == id_


def test_an_id_must_exist() -> None:
    with pytest.raises(InputError, match=r"^id: there is no security group with the id 'lost-id'$"):
        known().find(DesiredGroup("web", id="lost-id"))


def test_names_for_people() -> None:
    names = known()
    assert {read.id for read in names.groups} == {"web-id", "old-id", "other-id", "id-1", "id-2"}
    ids = [new_reference("new"), "web-id", "far-id", "office-id", "unknown-id"]
    assert [names.name_of(id_) for id_ in ids] == ["new", "web", "far", "office", "unknown-id"]
    assert names.unnamed([*ids, None]) == {"unknown-id"}
    names.learn({"unknown-id": "at last"})
    assert names.name_of("unknown-id") == "at last"
    assert names.unnamed([*ids, None]) == set()


def test_where_groups_share_a_name_people_see_the_id_too() -> None:
    names = known()
    assert [names.name_of(id_) for id_ in ("id-1", "id-2", "web-id")] == ["double (id-1)", "double (id-2)", "web"]
    names.learn({"shared-id": "web", "unnamed-id": "unnamed-id"})
    assert [names.name_of(id_) for id_ in ("web-id", "shared-id")] == ["web (web-id)", "web (shared-id)"]
    assert names.name_of("unnamed-id") == "unnamed-id"
    assert names.name_of(new_reference("web")) == "web"
    assert names.name_of("lab-1") == "lab"
    names.learn({"stranger-id": "new"})
    assert [names.name_of(id_) for id_ in (new_reference("new"), "stranger-id")] == ["new", "new (stranger-id)"]


@pytest.mark.parametrize(
    ("rules", "merged"),
    [
        pytest.param([tcp(22), tcp(22)], [tcp(22)], id="twice the same"),
        pytest.param([tcp(22), tcp(22, remote_ip_prefix=WORLD)], [tcp(22, remote_ip_prefix=WORLD)], id="one key"),
        pytest.param([tcp(22), tcp(22, description="x")], [tcp(22, description="x")], id="described later"),
        pytest.param([tcp(22, description="x"), tcp(22)], [tcp(22, description="x")], id="described first"),
        pytest.param(
            [tcp(22, remote_group="web"), tcp(22, remote_group="web-id")],
            [tcp(22, remote_group="web-id")],
            id="name and id",
        ),
        pytest.param([tcp(23), tcp(22)], [tcp(23), tcp(22)], id="two rules"),
    ],
)
def test_each_key_once(rules: list[Rule], merged: list[Rule]) -> None:
    assert resolve_rules(wanted("db", *rules).rules or (), known()) == tuple(merged)


def test_no_rules() -> None:
    assert resolve_rules((), known()) == ()


def test_one_rule_cannot_have_two_descriptions() -> None:
    rules = (tcp(22, description="x"), tcp(23), tcp(22, description="y"))
    with pytest.raises(InputError) as caught:
        resolve_rules(wanted("db", *rules).rules or (), known())
    assert str(caught.value) == (
        "rule 3, description: an earlier entry has the same rule described as 'x', here it is 'y'; "
        "one rule has one description"
    )


def test_errors_have_the_position_of_the_entry_not_of_the_rule_and_all_come_at_once() -> None:
    rules = (
        (tcp(1), tcp(2)),
        (tcp(3, remote_group="wbe"), tcp(4, remote_group="wbe")),
        (tcp(5),),
        (tcp(6, remote_address_group="ofice"),),
    )
    with pytest.raises(InputError) as caught:
        resolve_rules(rules, known())
    unknown = "there is no security group 'wbe', neither in the project nor in this set. Did you mean web?"
    assert str(caught.value).splitlines() == [
        f"rule 2, remote_group: {unknown}",
        "rule 4, remote_address_group: there is no address group 'ofice' in the project",
    ]


def test_rules_with_unknown_names_can_be_skipped() -> None:
    rules = ((tcp(1, remote_group="wbe"), tcp(2)), (tcp(3, remote_group="none"),))
    assert resolve_rules(rules, known(), to_delete=True) == (tcp(2),)
    with pytest.raises(InputError, match=r"^rule 1, remote_group: there are several security groups named 'double'"):
        resolve_rules(((tcp(1, remote_group="double"),),), known(), to_delete=True)


def test_rules_to_delete_can_name_a_group_that_the_run_deletes() -> None:
    found = references([DesiredGroup("web", present=False)], [group("web")])
    rules = ((tcp(1, remote_group="web"),),)
    assert resolve_rules(rules, found, to_delete=True) == (tcp(1, remote_group="web-id"),)
    with pytest.raises(InputError, match=r"^rule 1, remote_group: this run deletes security group 'web'"):
        resolve_rules(rules, found)


@pytest.mark.parametrize("option", ["remote_group", "remote_groups", "remote_address_group", "remote_address_groups"])
def test_unknown_remotes_in_the_words_of_the_user(option: str) -> None:
    remote = ["none", "neither"] if option.endswith("s") else "none"
    entry = expand({"protocol": "tcp", "ports": ["22"], option: remote}, {})
    with pytest.raises(InputError) as caught:
        resolve_rules([entry], known(), label=DesiredGroup("p-web", service="web").entry)
    places = [line.partition(": ")[0] for line in str(caught.value).splitlines()]
    assert places == [f"allow 1, {option}"] * (2 if option.endswith("s") else 1)
