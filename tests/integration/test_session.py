# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a login costs: what is imported for it, and which requests are sent before the first that someone wants."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from openstack.config import cloud_region

from ansible_collections.portcullis.openstack.plugins.module_utils._cloud import session as _session
from ansible_collections.portcullis.openstack.plugins.module_utils._cloud.cloud import Cloud
from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import CloudError
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog

LOGIN = ["GET /v3", "POST /v3/auth/tokens"]
SEARCHES = ["GET /v2.0/security-groups", "GET /v2.1/servers"]
_TELL_SERVICES = f"""
import sys, {_session.__name__}
print(*(name for name in sys.modules if name.startswith("openstack.") and name.endswith((".connection", "._proxy"))))
"""


def search(cloud: Cloud) -> None:
    """Use both services once."""
    cloud.find_security_groups([])
    cloud.servers()


def asked(requests: RequestLog, cloud: str | dict[str, Any]) -> list[str]:
    """Log in, use both services, and return the requests."""
    with requests.record() as traffic:
        search(Cloud({"cloud": cloud}))
    return traffic.calls()


def test_no_service_is_imported() -> None:
    """All that the SDK knows of the services takes longer to import than what is used of it."""
    output = subprocess.run([sys.executable, "-c", _TELL_SERVICES], capture_output=True, text=True, check=True)
    assert output.stdout.split() == []


@pytest.mark.parametrize(
    ("version", "discovery"), [(("/v2.0", "/v2.1"), []), (("/v2.0/", "/v2.1/"), []), (("", ""), ["GET /", "GET /"])]
)
def test_endpoints_of_the_users_own(
    project: Project, requests: RequestLog, version: tuple[str, str], discovery: list[str]
) -> None:
    """Services are asked for the URL of the version only if clouds.yaml does not say it."""
    own = {
        f"{service}_endpoint_override": project.api.endpoint(service).rstrip("/").rsplit("/", 1)[0] + end
        for service, end in zip(("network", "compute"), version, strict=True)
    }
    assert sorted(asked(requests, {**project.cloud, **own})) == sorted([*LOGIN, *SEARCHES, *discovery])


def test_a_service_that_the_region_does_not_have(project: Project) -> None:
    with pytest.raises(CloudError, match="network service in nowhere region not found"):
        search(Cloud({"cloud": {**project.cloud, "region_name": "nowhere"}}))


def test_a_token_that_is_kept(
    project: Project, requests: RequestLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a keyring, here one in memory, and if clouds.yaml says so, one login serves many runs."""
    kept: dict[tuple[str, str], str] = {}
    keyring = SimpleNamespace(
        get_password=lambda service, name: kept.get((service, name)),
        set_password=lambda service, name, text: kept.update({(service, name): text}),
    )
    monkeypatch.setattr(cloud_region, "keyring", keyring)
    path = tmp_path / "clouds.yaml"
    path.write_text(yaml.safe_dump({"clouds": {"project": project.cloud}, "cache": {"auth": True}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    assert asked(requests, "project") == [*LOGIN, *SEARCHES]
    assert asked(requests, "project") == SEARCHES
