# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts services and waits until they work."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence

from portcullis_cloud import api, configuration, processes
from portcullis_cloud.errors import failure
from portcullis_cloud.identity import ADMIN
from portcullis_cloud.layout import CloudDirectory, python_of
from portcullis_cloud.progress import say
from portcullis_cloud.services import HOST, Service
from portcullis_cloud.state import State
from portcullis_hosted.host import server_name

_SECONDS_TO_ANSWER = 120.0


def launch(directory: CloudDirectory, state: State, services: Sequence[Service]) -> None:
    """Start services of a cloud; return when each has done a request's full work.

    The first requests to a service must not come at once: oslo.policy initialises itself in the first, and threads
    that meet there see half of the rules. So each service is asked for something by one client before anybody else.
    """
    started = time.monotonic()
    for service in services:
        for needed in (other for other in state.edition.services if other.name in service.needs):
            _await(directory, state, needed)
        _spawn(directory, state, service)
    for service in services:
        _await(directory, state, service)
        api.Api(state.base_port, ADMIN).get(service, service.probe)
        say(f"{service.name} ready in {time.monotonic() - started:.1f} s")


def answers(service: Service, state: State) -> bool:
    """Whether the service's own process, and no other that took its port, answers; without credentials."""
    try:
        status, _body, headers = api.request("GET", service, state.base_port, "/")
    except (OSError, http.client.HTTPException):
        return False
    return status < 500 and headers["Server"] == server_name(state.processes[service.name].pid)


def _spawn(directory: CloudDirectory, state: State, service: Service) -> None:
    release = state.edition.release
    application = release.applications[service.name]
    address = f"{HOST}:{service.port(state.base_port)}"
    arguments = [service.name, application, address, str(directory.requests_log)]
    command = [str(python_of(release)), "-m", "portcullis_hosted.host", *arguments]
    environment = configuration.environment(directory, state.edition)
    state.processes[service.name] = processes.spawn(
        command, directory.log_of(service.name), environment, directory.root
    )
    state.save(directory)


def _await(directory: CloudDirectory, state: State, service: Service) -> None:
    """Wait for a service's first answer; raise with the end of its log if it dies or takes too long."""
    deadline = time.monotonic() + _SECONDS_TO_ANSWER
    while not answers(service, state):
        if not state.processes[service.name].is_alive():
            raise failure(f"{service.name} died while it started", directory.log_of(service.name))
        if time.monotonic() > deadline:
            what = f"{service.name} did not answer within {_SECONDS_TO_ANSWER:.0f} s"
            raise failure(what, directory.log_of(service.name))
        time.sleep(0.05)
