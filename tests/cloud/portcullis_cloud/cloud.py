# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts, stops and looks at clouds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from portcullis_cloud import configuration, daemons, ports, processes, snapshot, state
from portcullis_cloud.edition import Edition
from portcullis_cloud.errors import CloudError
from portcullis_cloud.launch import answers, launch
from portcullis_cloud.layout import CloudDirectory, Workspace
from portcullis_cloud.locking import locked
from portcullis_cloud.processes import Process
from portcullis_cloud.progress import say, timed
from portcullis_cloud.services import Service
from portcullis_cloud.state import State

DEFAULT = "default"


@dataclass(frozen=True)
class ServiceHealth:
    """One service, or daemon of the network backend, as `status` shows it."""

    service: str
    pid: int | None
    url: str
    health: str
    log: Path


def start(workspace: Workspace, name: str, edition: Edition, base_port: int | None) -> Path:
    """Have a cloud of that name running and healthy; return the path of its clouds.yaml.

    A healthy cloud is left alone. Anything else is stopped and started afresh.
    """
    directory = workspace.cloud(name)
    with locked(workspace.locks / f"cloud-{name}"):
        if _is_usable(directory, edition, base_port):
            say(f"cloud {name} is running")
        else:
            _stop(workspace, directory)
            _start(workspace, directory, _reserve(workspace, directory, edition, base_port))
        return _publish(workspace, directory)


def stop(workspace: Workspace, name: str) -> bool:
    """End a cloud's processes and remove its data; its logs stay until the next start. False if it did not run."""
    directory = workspace.cloud(name)
    with locked(workspace.locks / f"cloud-{name}"):
        return _stop(workspace, directory)


def status(directory: CloudDirectory) -> list[ServiceHealth]:
    """One entry per daemon and service of a cloud; none if it is not running."""
    recorded = state.load(directory)
    if recorded is None:
        return []
    return [
        *(_of_daemon(directory, recorded, daemon.name) for daemon in recorded.edition.network_backend.daemons),
        *(_of_service(directory, recorded, service) for service in recorded.edition.services),
    ]


def is_healthy(entries: list[ServiceHealth]) -> bool:
    """Whether a cloud runs and all its services are well."""
    return bool(entries) and all(entry.health == "ok" for entry in entries)


def _of_daemon(directory: CloudDirectory, recorded: State, name: str) -> ServiceHealth:
    process = _process(recorded, name)
    health = "ok" if process else "dead"
    return ServiceHealth(name, process.pid if process else None, "-", health, directory.log_of(name))


def _of_service(directory: CloudDirectory, recorded: State, service: Service) -> ServiceHealth:
    process = _process(recorded, service.name)
    health = "dead" if process is None else "ok" if answers(service, recorded) else "no answer"
    url = service.url(recorded.base_port)
    return ServiceHealth(service.name, process.pid if process else None, url, health, directory.log_of(service.name))


def _process(recorded: State, name: str) -> Process | None:
    """A process of a cloud, if it is alive."""
    process = recorded.processes.get(name)
    return process if process and process.is_alive() else None


def _is_usable(directory: CloudDirectory, edition: Edition, base_port: int | None) -> bool:
    """Whether the cloud runs as it is asked for; raise if it runs, but otherwise."""
    recorded = state.load(directory)
    if recorded is None or not is_healthy(status(directory)):
        return False
    if edition.release is not recorded.edition.release:
        raise CloudError(f"cloud {directory.name} runs release {recorded.edition.release.name}: stop it first")
    if edition.network_backend is not recorded.edition.network_backend:
        running = recorded.edition.network_backend.name
        raise CloudError(f"cloud {directory.name} runs with the network backend {running}: stop it first")
    if not set(edition.services) <= set(recorded.edition.services):
        raise CloudError(f"cloud {directory.name} runs with services {recorded.edition.size} only: stop it first")
    if base_port not in (None, recorded.base_port):
        raise CloudError(f"cloud {directory.name} runs on base port {recorded.base_port}: stop it first")
    return True


def _reserve(workspace: Workspace, directory: CloudDirectory, edition: Edition, base_port: int | None) -> State:
    """Choose the ports and record the choice before another start can choose."""
    if base_port is None and directory.name == DEFAULT:
        base_port = ports.FIRST
    with locked(workspace.locks / "ports"):
        if base_port is None:
            others = [recorded for cloud in workspace.clouds() if (recorded := state.load(cloud))]
            base_port = ports.choose(ports.CLOUDS, edition.services, [other.base_port for other in others])
        else:
            ports.check(base_port, edition.services)
        directory.create()
        reserved = State(edition, base_port)
        reserved.save(directory)
    return reserved


def _start(workspace: Workspace, directory: CloudDirectory, recorded: State) -> None:
    """Start a reserved cloud from its snapshot; after a failure, nothing of it is left but its logs."""
    edition = recorded.edition
    try:
        prepared = snapshot.ensure(workspace, edition)
        with timed(f"cloud {directory.name} started"):
            snapshot.restore(prepared, directory, edition.services, recorded.base_port)
            configuration.write_service_files(directory, edition, recorded.base_port)
            daemons.start(directory, recorded)
            launch(directory, recorded, edition.services)
        configuration.write_clouds_yaml(directory.clouds_yaml, recorded.base_port)
    except BaseException:
        _stop(workspace, directory)
        raise


def _publish(workspace: Workspace, directory: CloudDirectory) -> Path:
    """The path of clouds.yaml to tell the user: for the default cloud, the one that never changes."""
    recorded = state.load(directory)
    if directory.name != DEFAULT or recorded is None:
        return directory.clouds_yaml
    configuration.write_clouds_yaml(workspace.clouds_yaml, recorded.base_port)
    return workspace.clouds_yaml


def _stop(workspace: Workspace, directory: CloudDirectory) -> bool:
    recorded = state.load(directory)
    if recorded is None:
        return False
    processes.stop(recorded.processes.values())
    if directory.name == DEFAULT:
        workspace.clouds_yaml.unlink(missing_ok=True)
    directory.remove_all_but_logs()
    return True
