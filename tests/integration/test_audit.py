# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook and the role audit: what they show, the files that they write, and answers that are not expected."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api, Body
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import REPOSITORY
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet
from ansible_collections.portcullis.openstack.tests.integration.harness.processes import PlaybookRun, run_playbook
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, create_reader
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

APPLY: Final = "portcullis.openstack.apply"
AUDIT: Final = "portcullis.openstack.audit"
SERVICES: Final[list[Body]] = [
    {"name": "web", "allow": [{"service": "https", "remote_ips": ["anywhere"]}]},
    {"name": "db", "allow": [{"service": "postgresql", "remote_services": ["web"]}]},
]
ATTACHMENTS: Final[list[Body]] = [
    {"servers": ["web1", "web2"], "networks": ["demo"], "services": ["web"], "state": "exact"},
    {"servers": ["db1"], "services": ["db"], "state": "exact"},
]
NAMED: Final[Body] = {"service_groups_services": SERVICES, "service_groups_prefix": "prod-"}
CLOSED: Final[Body] = {"from": "internet", "to": "db", "port": 5432}
OPEN: Final[Body] = {"from": "web", "to": "db", "port": 5432}


@pytest.fixture
def shop(fleet: Fleet, tmp_path: Path) -> Fleet:
    """Instances with the groups of two services."""
    fleet.project.play(APPLY, tmp_path, **NAMED, instance_groups_attachments=ATTACHMENTS)
    return fleet


def shown(run: PlaybookRun) -> list[str]:
    """Return the lines of the table that a run has shown."""
    (text,) = re.findall(r'=> (\{\n    "msg": \[\n.*?^\})', run.output, re.MULTILINE | re.DOTALL)
    return list(json.loads(text)["msg"])


def fail(project: Project, directory: Path, *options: str, **variables: Any) -> PlaybookRun:
    """Run the playbook, which must fail."""
    run = run_playbook(AUDIT, project.write_clouds_yaml(directory), *options, variables=variables)
    assert run.status == 2, run.output
    assert "Traceback" not in run.output
    return run


def report_of(run: PlaybookRun) -> Body:
    """Return what the run leaves for machines."""
    (line,) = re.findall(r"^\tRUN: (.*)$", run.output, re.MULTILINE)
    return dict(json.loads(line)["portcullis_audit"])


def test_the_table(shop: Fleet, tmp_path: Path, requests: RequestLog) -> None:
    with requests.record() as traffic:
        run = shop.project.settle_play(AUDIT, tmp_path, **NAMED, audit_ask=[CLOSED, OPEN])
    assert not traffic.writes()
    heading, _ruler, *lines = shown(run)
    assert re.split("  +", heading) == ["From", "To", "Traffic", "Instances", "Security groups", "Path"]
    cells = [tuple(re.split("  +", line)) for line in lines]
    assert cells[0][:4] == ("Internet", "web", "https", "2")
    assert ("web", "db", "postgresql", "1", "db, web", "same network") in cells
    below = "\n".join(lines)
    assert "internet → db tcp/5432: denied\n    no rule of db allows ingress" in below
    assert "web → db tcp/5432: allowed (path: same network)\n    allowed by" in below
    assert lines[-1].startswith("The Internet reaches ")
    assert report_of(run) == {"summary": lines[-1], "failures": [], "message": "", "page": ""}


def test_files(shop: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are relative to where Ansible is started, only their owner can read them, and they stay as they are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    paths = {"audit_page": "page.html", "audit_json": "sub/a.json", "audit_csv": str(tmp_path / "a.csv")}
    variables = {**NAMED, **paths, "audit_markdown": "a.md", "audit_ask": [CLOSED]}
    shop.project.play(AUDIT, tmp_path, "--check", **variables)
    files = [tmp_path / name for name in ("page.html", "sub/a.json", "a.csv", "a.md")]
    assert not any(file.exists() for file in files)
    shop.project.play(AUDIT, tmp_path, **variables)
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 4
    page, data, table, text = (file.read_text() for file in files)
    assert page.lower().startswith("<!doctype html>")
    services = {"web": "prod-web", "db": "prod-db"}
    found = shop.project.call("security_group_exposure_info", services=services, ask=[CLOSED])
    assert json.loads(data) == {key: value for key, value in found.items() if key != "changed"}
    assert [row["to"] for row in csv.DictReader(table.splitlines())] == [
        end["class"] or end["name"] for end in (row["to"] for row in found["exposures"])
    ]
    assert "| Internet | web | https | 2 |" in text
    before = [file.stat().st_mtime_ns for file in files]
    again = shop.project.play(AUDIT, tmp_path, **variables)
    assert again.count("changed") == 0
    assert [file.stat().st_mtime_ns for file in files] == before


def test_a_file_that_cannot_be_written(shop: Fleet, tmp_path: Path) -> None:
    run = fail(shop.project, tmp_path, **NAMED, audit_csv=str(tmp_path / "missing" / "a.csv"))
    assert "missing does not exist" in run.output


def test_expectations(shop: Fleet, tmp_path: Path) -> None:
    """All answers that differ are shown at once, after the table and the files."""
    met = [{**CLOSED, "verdict": "denied"}, {**OPEN, "verdict": "allowed"}]
    shop.project.play(AUDIT, tmp_path, **NAMED, audit_expect=met)
    page = tmp_path / "page.html"
    missed = [{**CLOSED, "verdict": "allowed"}, met[1], {**OPEN, "verdict": "partly"}]
    run = fail(shop.project, tmp_path, **NAMED, audit_expect=missed, audit_page=str(page))
    failures = report_of(run)["failures"]
    assert [failure.partition(": no rule")[0].partition(": allowed by")[0] for failure in failures] == [
        "internet → db tcp/5432: expected allowed, is denied",
        "web → db tcp/5432: expected partly, is allowed",
    ]
    (message,) = re.findall(r'"msg": ("These answers .*?")\}$', run.output, re.MULTILINE)
    assert json.loads(message) == "\n".join(["These answers are not as expected:", *failures])
    assert shown(run)[-1].startswith("The Internet reaches ")
    assert page.exists()


def test_a_rule_by_hand_is_noticed(shop: Fleet, tmp_path: Path) -> None:
    expected = [{**CLOSED, "verdict": "denied"}]
    shop.project.play(AUDIT, tmp_path, **NAMED, audit_expect=expected)
    rule = {"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535}
    shop.api.create_rule(shop.api.group("prod-db")["id"], **rule)
    run = fail(shop.project, tmp_path, **NAMED, audit_expect=expected)
    assert "internet → db tcp/5432: expected denied, is allowed" in run.output
    assert "of security group prod-db" in run.output


def test_a_part_of_the_table(shop: Fleet, tmp_path: Path) -> None:
    run = shop.project.play(AUDIT, tmp_path, **NAMED, audit_from=["web"], audit_to=["service:db"])
    lines = shown(run)
    assert [line.split()[0] for line in lines[2 : lines.index("")]] == ["web"]


def test_services_of_the_users_own(shop: Fleet, tmp_path: Path) -> None:
    own = {"shop": ["tcp/9443"]}
    services = [{"name": "web", "allow": [{"service": "shop", "remote_ips": ["anywhere"]}]}, SERVICES[1]]
    variables = {**NAMED, "service_groups_services": services, "service_groups_catalogue": own}
    shop.project.play(APPLY, tmp_path, **variables)
    lines = shown(shop.project.play(AUDIT, tmp_path, **variables))
    assert re.split("  +", lines[2])[:3] == ["Internet", "web", "shop"]


def test_a_reader(shop: Fleet, admin: Api, tmp_path: Path) -> None:
    """Who may only read sees the same."""
    reader = create_reader(admin, shop.project)
    expected = [{**CLOSED, "verdict": "denied"}]
    seen, all_of_it = (
        shown(project.play(AUDIT, tmp_path, **NAMED, audit_expect=expected)) for project in (reader, shop.project)
    )
    assert seen == all_of_it


def test_variables_that_cannot_be_right(shop: Fleet, tmp_path: Path) -> None:
    variables = {
        **NAMED,
        "audit_expects": [],
        "audit_log_level": "this belongs to another role",
        "audit_expect": [OPEN],
        "service_groups_preffix": "x",
    }
    run = fail(shop.project, tmp_path, **variables)
    (message,) = re.findall(r'"msg": (".*?")\}$', run.output, re.MULTILINE)
    assert json.loads(message).splitlines() == [
        "audit_expects: there is no such variable. Did you mean audit_expect?",
        "service_groups_preffix: there is no such variable. Did you mean service_groups_prefix?",
        "audit_expect 1, verdict: it is required",
    ]
    assert "<<< caused by >>>" not in run.output


def test_a_name_that_nothing_has(shop: Fleet, tmp_path: Path) -> None:
    run = fail(shop.project, tmp_path, **NAMED, audit_ask=[{**OPEN, "to": "dbb"}])
    assert "'dbb'. Did you mean db" in run.output
    assert "Did you mean db" in report_of(run)["message"]


def test_many_hosts(shop: Fleet, tmp_path: Path) -> None:
    """The playbook runs once, also for the hosts of a limit; so does the role, unless hosts differ."""
    hosts = tmp_path / "hosts.yml"
    expect = {"audit_expect": [{**CLOSED, "verdict": "denied"}], "ansible_connection": "local"}
    inventory = {"web1": expect, "web2": expect, "db1": expect}
    hosts.write_text(yaml.safe_dump({"all": {"hosts": inventory, "vars": NAMED}}))
    options = ("-i", str(hosts))
    assert shown(shop.project.play(AUDIT, tmp_path, *options, "--limit", "web1,web2"))
    play = tmp_path / "play.yml"
    play.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "roles": [AUDIT]}]))
    assert shown(shop.project.play(str(play), tmp_path, *options))
    inventory["db1"] = {**expect, "audit_expect": []}
    hosts.write_text(yaml.safe_dump({"all": {"hosts": inventory, "vars": NAMED}}))
    run = run_playbook(play, shop.project.write_clouds_yaml(tmp_path), *options, variables={})
    assert run.status != 0
    assert "audit_expect: hosts of the play have different values" in run.output


def test_module_defaults(shop: Fleet, tmp_path: Path) -> None:
    """A variable that is set wins; the others leave the defaults of the play."""
    defaults = {"portcullis.openstack.security_group_exposure_info": {"from": ["internet"], "cloud": "nowhere"}}
    roles = [{"role": AUDIT, "vars": {"audit_cloud": "project"}}]
    play = tmp_path / "play.yml"
    content = {"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "roles": roles}
    play.write_text(yaml.safe_dump([content]))
    lines = shown(shop.project.play(str(play), tmp_path))
    assert {line.split()[0] for line in lines[2 : lines.index("")]} == {"Internet"}


def test_the_example(fleet: Fleet, tmp_path: Path) -> None:
    example = REPOSITORY / "examples" / "audit"
    services, expectations = (yaml.safe_load((example / f).read_text()) for f in ("services.yml", "expectations.yml"))
    fleet.project.settle_play(APPLY, tmp_path, **services)
    named = {"service_groups_services": services["service_groups_services"]}
    fleet.project.settle_play(AUDIT, tmp_path, **named, **expectations)
    fleet.api.create_rule(fleet.api.group("db")["id"], protocol="tcp")
    (failure,) = report_of(fail(fleet.project, tmp_path, **named, **expectations))["failures"]
    assert failure.startswith("internet → db tcp/5432: expected denied, is allowed")
