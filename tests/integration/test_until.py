# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access that ends: opened, still open without a second write, and closed by the first run after its end."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, lines
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

SET = "security_group_set"
ATTACH = "server_security_groups"
CONTRACTOR = {"service": "ssh", "remote_ip_prefix": "198.51.100.0/24"}
OFFICE = {"service": "ssh", "remote_ip_prefix": "192.0.2.0/24"}
SSH_OF_CONTRACTOR = "ingress IPv4 tcp 22:22 198.51.100.0/24"
SSH_OF_OFFICE = "ingress IPv4 tcp 22:22 192.0.2.0/24"


def in_(**length: float) -> str:
    """Return the time after some time from now, in UTC."""
    return (datetime.now(timezone.utc) + timedelta(**length)).isoformat(timespec="seconds")


PAST, FUTURE, SOON = in_(days=-1), in_(days=30.5), in_(days=3.5)


def group(*rules: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"name": "admin", "rules": list(rules), **options}


def until(end: str, entry: dict[str, Any] | None = None) -> dict[str, Any]:
    return {**(entry or CONTRACTOR), "until": end}


def test_opened_still_open_and_closed(project: Project, requests: RequestLog) -> None:
    opened = project.set([group(OFFICE, until(FUTURE))])
    assert project.api.rules("admin") == [SSH_OF_OFFICE, SSH_OF_CONTRACTOR]
    assert opened["warnings"] == []
    place = "security group admin, rule 2"
    assert opened["plan"].endswith(f"time-limited access:\n  {place}: until {FUTURE}, 30 days left\n")
    assert opened["summary"].endswith(f"; 0 of 0 ports changed. Ends next: {place}, until {FUTURE}, 30 days left.")

    before = project.api.snapshot()
    with requests.record() as traffic:
        shortened = project.call(SET, groups=[group(OFFICE, until(SOON))])
    assert not traffic.writes(), "an end is nothing that Neutron stores"
    assert not shortened["changed"]
    assert project.api.snapshot() == before
    assert shortened["summary"] == f"Nothing to change. Ends next: {place}, until {SOON}, 3 days left."
    assert shortened["plan"] == f"time-limited access:\n  {place}: until {SOON}, 3 days left\n"
    (warning,) = shortened["warnings"]
    assert warning == f"{place}: the access ends in 3 days (until {SOON}); to keep it, change until"
    (limit,) = shortened["time_limited"]
    assert (limit["entry"], limit["until"], limit["state"]) == (place, SOON, "ends_soon")

    closed = project.set([group(OFFICE, until(PAST))])
    assert project.api.rules("admin") == [SSH_OF_OFFICE]
    assert "  - ingress IPv4 tcp 22 from 198.51.100.0/24" in lines(closed)
    assert closed["diff"][-1]["prepared"] == f"time-limited access: {place}: ended ({PAST})\n"
    assert closed["warnings"] == []
    assert closed["summary"].endswith("ports changed.")


def test_the_warning_is_the_same_in_check_mode(project: Project) -> None:
    wanted = [group(until(SOON))]
    runs = [project.call(SET, groups=wanted, check_mode=check_mode) for check_mode in (True, False, True)]
    assert [run["changed"] for run in runs] == [True, True, False]
    assert len({tuple(run["warnings"]) for run in runs}) == 1
    assert len(runs[0]["warnings"]) == 1


def test_the_last_entry_of_a_group(project: Project) -> None:
    """The group stays, and so do its attachments and the rules that name it."""
    project.set([group(until(FUTURE))])
    assert project.api.rules("admin") == [SSH_OF_CONTRACTOR]
    project.set([group(until(PAST))])
    assert project.api.rules("admin") == []


def test_a_group_that_is_created_after_the_end(project: Project) -> None:
    project.set([group(until(PAST))])
    assert project.api.rules("admin") == []


def test_two_entries_for_one_rule(project: Project) -> None:
    """The rule stays until the last of them ends."""
    other_spelling = {"protocol": "6", "ports": ["22-22"], "remote_ip_prefix": "198.51.100.0/24"}
    for entries in ([until(SOON), CONTRACTOR], [until(PAST), until(FUTURE, other_spelling)]):
        result = project.set([group(*entries)])
        assert project.api.rules("admin") == [SSH_OF_CONTRACTOR]
        assert result["warnings"] == []
        assert "rule 1: " in result["plan"]
        assert "; other entries allow the same for longer" in result["plan"]
    project.set([group(until(PAST), until(PAST, other_spelling))])
    assert project.api.rules("admin") == []


def test_the_rules_of_others_are_kept(project: Project) -> None:
    """Where rules that are not listed are kept, those of an entry that has ended are deleted all the same."""
    project.set([group(OFFICE, until(FUTURE))])
    project.set([group(until(PAST), purge_rules=False)])
    assert project.api.rules("admin") == [SSH_OF_OFFICE]


def test_a_remote_that_is_deleted_with_the_end(project: Project) -> None:
    bastion = {"name": "bastion", "rules": []}
    entry = {"service": "ssh", "remote_group": "bastion"}
    project.set([group(until(FUTURE, entry), OFFICE, purge_rules=False), bastion])
    assert "ingress IPv4 tcp 22:22 bastion" in project.api.rules("admin")
    project.set([group(until(PAST, entry), OFFICE, purge_rules=False), {**bastion, "state": "absent"}])
    assert "ingress IPv4 tcp 22:22 bastion" not in project.api.rules("admin")
    project.set([group(until(PAST, entry), OFFICE, purge_rules=False)])


def test_the_ends_of_a_group_to_delete_do_not_count(project: Project) -> None:
    project.set([group(until(SOON))])
    result = project.set([group(until(SOON), state="absent")])
    assert result["time_limited"] == result["warnings"] == []


def test_bad_ends_before_anything_is_changed(fleet: Fleet) -> None:
    message = fleet.project.refuse(
        SET,
        groups=[group(until("2027-02-30"), until("next week")), {"name": "new", "rules": [{"service": "shs"}]}],
        attachments=[
            {"servers": ["web1"], "security_groups": ["ssh"], "until": "2027-01-31T18:00"},
            {"servers": ["web2"], "security_groups": ["ssh"], "until": FUTURE, "state": "absent"},
        ],
    )
    assert [line.partition(":")[0] for line in message.splitlines()] == [
        "security group admin, rule 1, until",
        "security group admin, rule 2, until",
        "security group new, rule 1, service",
        "attachment 1 (web1), until",
        "attachment 2 (web2), until",
    ]


def attachment(end: str, **options: Any) -> dict[str, Any]:
    return {"servers": ["web2"], "security_groups": ["ssh"], "until": end, **options}


def test_an_attachment(fleet: Fleet, requests: RequestLog) -> None:
    opened = fleet.project.attach(attachment(SOON))
    assert fleet.groups_of("web2") == ["default", "ssh"]
    assert opened["warnings"] == [
        f"attachment 1 (web2): the access ends in 3 days (until {SOON}); to keep it, change until"
    ]
    with requests.record() as traffic:
        result = fleet.project.call(ATTACH, attachments=[attachment(FUTURE)])
    assert not traffic.writes()
    assert [limit["state"] for limit in result["time_limited"]] == ["in_force"]
    closed = fleet.project.attach(attachment(PAST))
    assert fleet.groups_of("web2") == ["default"]
    assert closed["diff"][-1]["prepared"] == f"time-limited access: attachment 1 (web2): ended ({PAST})\n"


def test_an_attachment_without_a_list(fleet: Fleet) -> None:
    for end, groups in ((FUTURE, ["default", "ssh"]), (PAST, ["default"])):
        fleet.project.settle(ATTACH, **attachment(end))
        assert fleet.groups_of("web2") == groups


@pytest.mark.parametrize(
    ("state", "in_force"), [("present", ["default", "db", "ssh"]), ("exact", ["ssh"]), ("owned", ["default", "ssh"])]
)
def test_after_its_end_an_attachment_only_detaches_its_groups(fleet: Fleet, state: str, in_force: list[str]) -> None:
    fleet.project.set([{"name": "db"}, {"name": "ssh"}], owner="team")
    fleet.set_groups("web2", "default", "db")
    fleet.project.attach(attachment(FUTURE, state=state), owner="team")
    assert fleet.groups_of("web2") == sorted(in_force)
    fleet.set_groups("web2", "default", "db", "ssh")
    fleet.project.attach(attachment(PAST, state=state), owner="team")
    assert fleet.groups_of("web2") == ["db", "default"]


def test_a_selector_after_the_end(fleet: Fleet) -> None:
    """Every instance that it selects loses the group, except those to which another entry attaches it."""
    entry = {"selector": {"metadata": {"role": "web"}}, "security_groups": ["ssh"]}
    fleet.project.attach({**entry, "until": FUTURE})
    assert (fleet.groups_of("web1"), fleet.groups_of("web2")) == (["default", "ssh"], ["default", "ssh"])
    fleet.project.attach({**entry, "until": PAST}, {"servers": ["web1"], "security_groups": ["ssh"]})
    assert (fleet.groups_of("web1"), fleet.groups_of("web2")) == (["default", "ssh"], ["default"])


def test_two_attachments_of_one_group(fleet: Fleet) -> None:
    fleet.project.attach(attachment(PAST), attachment(FUTURE))
    assert fleet.groups_of("web2") == ["default", "ssh"]
    fleet.project.attach(attachment(PAST, state="exact"), attachment(PAST))
    assert fleet.groups_of("web2") == ["default"]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"servers": ["gone", "web2"]}, "attachment 1, servers: there is no server 'gone' in the project"),
        ({"servers": ["web2"], "ports": ["gone"]}, "attachment 1, ports: there is no port 'gone' in the project"),
        (
            {"servers": ["web2"], "selector": {"name": "gone*"}},
            "attachment 1 (web2), selector: no server matches name gone*",
        ),
    ],
)
def test_what_is_gone_by_the_end(fleet: Fleet, entry: dict[str, Any], problem: str) -> None:
    """A scheduled run must not fail as the contractor's instance was deleted; what is left is closed."""
    fleet.set_groups("web2", "default", "ssh")
    result = fleet.project.attach(attachment(PAST, **entry))
    assert result["warnings"] == [f"{problem}; the entry has ended, remove it"]
    assert fleet.groups_of("web2") == ["default"]
    assert problem in fleet.project.refuse(ATTACH, attachments=[attachment(FUTURE, **entry)])


def test_a_group_that_is_gone_by_the_end(fleet: Fleet) -> None:
    fleet.project.attach(attachment(PAST, security_groups=["gone", "ssh"]))
    assert fleet.groups_of("web2") == ["default"]


def test_group_and_attachment_in_one_call(fleet: Fleet) -> None:
    """Both end: the rule is deleted, the group detached, and no connection stays open."""
    wanted: dict[str, Any] = {
        "groups": [group(until(FUTURE))],
        "attachments": [attachment(FUTURE, security_groups=["admin"])],
    }
    opened = fleet.project.settle(SET, **wanted)
    assert [one["change"] for one in opened["connections"]] == ["opened"]
    assert fleet.groups_of("web2") == ["admin", "default"]
    wanted["groups"] = [group(until(PAST), state="absent")]
    wanted["attachments"] = [attachment(PAST, security_groups=["admin"])]
    closed = fleet.project.settle(SET, **wanted)
    assert [one["change"] for one in closed["connections"]] == ["closed"]
    assert fleet.groups_of("web2") == ["default"]
    assert "admin" not in fleet.api.group_names()


# Roles

FILE = """
service_groups_services:
  - name: admin
    allow:
      - {service: ssh, remote_ips: [192.0.2.0/24], until: "{{ end_of_office | default(omit) }}"}
      - {service: ssh, remote_ips: [198.51.100.0/24], until: DATE}
      - {service: http, remote_ips: [198.51.100.0/24], until: TIME}
      - {service: dns, direction: egress, remote_ips: [198.51.100.0/24], until: DATE}
instance_groups_attachments:
  - {servers: [web1], services: [admin], until: "{{ end_of_office | default(omit) }}"}
  - {selector: {name: "web*"}, services: [admin], until: TIME}
"""


def test_the_role(fleet: Fleet, tmp_path: Path) -> None:
    """With dates and times without quotes, of which YAML makes other objects than texts."""
    file = tmp_path / "services.yml"
    play = ("portcullis.openstack.apply", tmp_path, "-e", f"@{file}")
    file.write_text(FILE.replace("DATE", "2999-12-31").replace("TIME", "2999-12-31T18:00:00+01:00"))
    assert {type(entry.get("until")) for entry in yaml.safe_load(file.read_text())["instance_groups_attachments"]} == {
        str,
        datetime,
    }
    opened = fleet.project.settle_play(*play)
    assert len(fleet.api.rules("admin")) == 5
    assert "time-limited access: service admin, allow 2: until 2999-12-31, " in opened.output
    assert (fleet.groups_of("web1"), fleet.groups_of("web2")) == (["admin", "default"], ["admin", "default"])

    file.write_text(FILE.replace("DATE", "2020-01-31").replace("TIME", "2020-01-31T18:00:00Z"))
    fleet.project.settle_play(*play)
    assert fleet.api.rules("admin") == [SSH_OF_OFFICE]
    assert (fleet.groups_of("web1"), fleet.groups_of("web2")) == (["admin", "default"], ["default"])


def test_bad_ends_of_the_role(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "services.yml"
    file.write_text(FILE.replace("DATE", "31.01.2027").replace("TIME", "2027-01-31T18:00:00"))
    clouds_yaml = fleet.project.write_clouds_yaml(tmp_path)
    run = run_playbook("portcullis.openstack.apply", clouds_yaml, "-e", f"@{file}", variables={})
    assert run.status
    for problem in (
        "service admin, allow 2, until: '31.01.2027' is neither a date nor a time",
        "service admin, allow 3, until: '2027-01-31 18:00:00' has no time zone; write 2027-01-31T18:00:00Z for UTC",
        "service admin, allow 4, until: '31.01.2027' is neither a date nor a time",
        "attachment 2, until: '2027-01-31 18:00:00' has no time zone",
    ):
        assert problem in run.output
    assert "admin" not in fleet.api.group_names()


def test_the_audit(project: Project, tmp_path: Path) -> None:
    """It lists what is about to end, and what has ended, of services and attachments."""
    formats = {kind: tmp_path / f"audit.{kind}" for kind in ("json", "markdown", "page")}
    allow = [{"service": "ssh", "remote_ips": ["192.0.2.0/24"], "until": end} for end in (PAST, SOON, FUTURE)]
    run = project.play(
        "portcullis.openstack.audit",
        tmp_path,
        service_groups_services=[{"name": "admin", "allow": allow}],
        instance_groups_attachments=[{"servers": ["web1"], "services": ["admin"], "until": SOON}],
        **{f"audit_{kind}": str(path) for kind, path in formats.items()},
    )
    texts = [
        f"service admin, allow 1: ended ({PAST})",
        f"service admin, allow 2: until {SOON}, 3 days left",
        f"attachment 1 (web1): until {SOON}, 3 days left",
    ]
    assert "Ends soon, or has ended" in run.output
    for text in texts:
        assert text in run.output
        assert text in formats["page"].read_text()
    assert formats["markdown"].read_text().count("days left") == 2
    assert f"until {FUTURE}" not in run.output
    limits = json.loads(formats["json"].read_text())["time_limited"]
    assert [limit["state"] for limit in limits] == ["ended", "ends_soon", "ends_soon", "in_force"]


def test_bad_ends_in_an_audit(project: Project, tmp_path: Path) -> None:
    run = run_playbook(
        "portcullis.openstack.audit",
        project.write_clouds_yaml(tmp_path),
        variables={"instance_groups_attachments": [{"servers": ["web1"], "services": [], "until": "soon"}]},
    )
    assert run.status
    assert "attachment 1 (web1), until: 'soon' is neither a date nor a time" in run.output
