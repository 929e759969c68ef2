# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real cloud for all tests of this folder, and a project of its own for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from ansible_collections.portcullis.openstack.tests.integration.harness import clouds
from ansible_collections.portcullis.openstack.tests.integration.harness.api import Api
from ansible_collections.portcullis.openstack.tests.integration.harness.clouds import RunningCloud
from ansible_collections.portcullis.openstack.tests.integration.harness.fleet import Fleet, boot
from ansible_collections.portcullis.openstack.tests.integration.harness.listed import only_listed
from ansible_collections.portcullis.openstack.tests.integration.harness.neutron_releases import RELEASES
from ansible_collections.portcullis.openstack.tests.integration.harness.project import Project, create_project
from ansible_collections.portcullis.openstack.tests.integration.harness.traffic import RequestLog


@pytest.fixture(scope="session")
def network_backend(request: pytest.FixtureRequest) -> str:
    """What the cloud's ports are connected to."""
    return str(request.config.getoption("--network-backend"))


@pytest.fixture(scope="session")
def cloud(request: pytest.FixtureRequest, network_backend: str) -> Iterator[RunningCloud]:
    """A cloud of this run alone, to be sent only what is in the table. Its logs stay if a test has failed."""
    name = f"pytest-{os.getpid()}"
    release = request.config.getoption("--release")
    try:
        with only_listed():
            yield clouds.start(name, "--network-backend", network_backend, *(("--release", release) if release else ()))
    finally:
        clouds.stop(name, keep_logs=request.session.testsfailed > 0)


@pytest.fixture(scope="session")
def admin(cloud: RunningCloud) -> Api:
    """The cloud as its administrator sees it."""
    return Api(cloud.credentials("admin"))


@pytest.fixture(autouse=True)
def _needs(request: pytest.FixtureRequest) -> None:
    """Skip a test that is marked as needing extensions of Neutron, on an old release that is known to lack them."""
    needed = {extension for marker in request.node.iter_markers("needs") for extension in marker.args}
    if needed:
        missing = needed - request.getfixturevalue("admin").extensions
        recorded = RELEASES.get(request.config.getoption("--release"))
        lost = missing.intersection(recorded.extensions) if recorded else missing
        assert not lost, f"Neutron lacks {', '.join(sorted(lost))}, which this release has"
        if missing:
            pytest.skip(f"this release's Neutron lacks {', '.join(sorted(missing))}")


@pytest.fixture
def administrator(cloud: RunningCloud, admin: Api) -> Iterator[Project]:
    """The administrator's own project."""
    project = Project(admin.project_id, "admin", cloud.credentials("admin"))
    yield project
    project.close()


@pytest.fixture(scope="session")
def new_project(cloud: RunningCloud, admin: Api) -> Callable[[], Project]:
    """Makes empty projects."""
    return lambda: create_project(admin, cloud.credentials("demo"))


@pytest.fixture
def project(new_project: Callable[[], Project]) -> Iterator[Project]:
    """An empty project."""
    project = new_project()
    yield project
    project.close()


@pytest.fixture(scope="session")
def requests(cloud: RunningCloud) -> RequestLog:
    """Requests as the services have seen them."""
    return RequestLog(cloud.request_log)


@pytest.fixture(scope="session")
def booted_fleet(new_project: Callable[[], Project], admin: Api) -> Fleet:
    """Instances in a project of their own."""
    return boot(new_project(), admin)


@pytest.fixture
def fleet(booted_fleet: Fleet) -> Fleet:
    """The instances as they were booted, with three groups that none of them has."""
    booted_fleet.reset()
    return booted_fleet
