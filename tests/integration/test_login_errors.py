# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A login that fails says which file, cloud, user and URL it is about, what to do, and nothing secret."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project

SECRET = "correct horse"
AUTH = {"auth_url": "http://127.0.0.1:1/v3", "username": "someone", "password": SECRET, "project_name": "shop"}
TWO = yaml.safe_dump({"clouds": {"one": {"auth": AUTH}, "two": {"auth": AUTH}}})


@pytest.fixture(autouse=True)
def _no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)


def login_error(**options: Any) -> str:
    with pytest.raises(CloudError) as caught:
        Cloud(options).log_in()
    assert SECRET not in str(caught.value)
    return str(caught.value)


FILES: list[tuple[str, dict[str, str], str]] = [
    (TWO, {}, "no cloud is chosen, and {path} has one, two. Set OS_CLOUD or the option cloud"),
    (TWO, {"cloud": "tow"}, "there is no cloud 'tow' in {path}; it has one, two"),
    (
        "clouds:\n  one: {auth: {password: correct horse\n   region: x\n",
        {},
        "{path} is not valid YAML at line 3, column",
    ),
    (
        "clouds:\n  one: {auth: {password: correct horse\n",
        {"cloud": "one"},
        "{path} is not valid YAML at line 3, column",
    ),
    ("", {"cloud": "one"}, "{path} has no clouds; write a mapping of them under the key clouds"),
    ("- one\n", {"cloud": "one"}, "{path} has no clouds; write a mapping of them under the key clouds"),
    ("clouds: {one: correct horse}\n", {"cloud": "one"}, "cloud 'one' in {path} is not a mapping"),
    ("clouds: {one: {auth: {}}}\n", {}, "auth_url"),
]


@pytest.mark.parametrize(("content", "options", "expected"), FILES)
def test_a_file_that_makes_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, options: dict[str, str], expected: str
) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text(content)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    message = login_error(**options)
    assert message.startswith("cannot connect to the cloud: ")
    assert expected.format(path=path) in message


def test_the_cloud_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text(TWO)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    monkeypatch.setenv("OS_CLOUD", "tow")
    assert f"there is no cloud 'tow' in {path}; it has one, two" in login_error()


@pytest.mark.parametrize("options", [{}, {"cloud": "one"}])
def test_no_file(monkeypatch: pytest.MonkeyPatch, options: dict[str, str]) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", "/nonexistent/clouds.yaml")
    message = login_error(**options)
    assert "there is no clouds.yaml (looked for /nonexistent/clouds.yaml, " in message
    assert "set OS_CLIENT_CONFIG_FILE or OS_AUTH_URL" in message


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"password": SECRET}, ". Check the user, the password, the project and their domains"),
        ({"project_name": "nowhere"}, "project 'nowhere': "),
        ({"auth_url": f"http://someone:{SECRET}@127.0.0.1:1/v3"}, "at http://127.0.0.1:1/v3, project "),
        ({"auth_url": "http://127.0.0.1:1/v3"}, ". Check auth_url and the network connection to it"),
    ],
)
def test_credentials_that_are_refused(project: Project, changed: dict[str, str], expected: str) -> None:
    auth = {**project.cloud["auth"], **changed}
    message = login_error(cloud={**project.cloud, "auth": auth})
    url = re.sub("//.*@", "//", auth["auth_url"])
    assert f"as {auth['username']!r} at {url}, project {auth['project_name']!r}" in message
    assert expected in message


def test_a_reader(cloud: RunningCloud) -> None:
    reader = cloud.credentials("reader")
    with pytest.raises(
        CloudError, match=r"answered 403: .* The login as 'reader' at http.* lacks the rights"
    ) as caught:
        Cloud({"cloud": reader}).create_security_groups([{"name": "web"}])
    assert reader["auth"]["password"] not in re.sub(r"'reader'", "", str(caught.value))


@pytest.mark.parametrize("by_name", [True, False])
def test_the_region_of_the_environment(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_name: bool
) -> None:
    """As the openstack client takes it: before that of clouds.yaml, after the option."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(project.write_clouds_yaml(tmp_path)))
    monkeypatch.setenv("OS_REGION_NAME", "nowhere")
    chosen = {"cloud": "project"} if by_name else {}
    with pytest.raises(
        CloudError, match=r"Region nowhere is not a valid region name for cloud project|nowhere region not found"
    ):
        Cloud(chosen).find_security_groups([])
    region = project.cloud.get("region_name", "RegionOne")
    Cloud({**chosen, "region_name": region}).find_security_groups([])
    # A mapping says everything.
    Cloud({"cloud": project.cloud}).find_security_groups([])
