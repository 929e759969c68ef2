# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the data of a new cloud from nothing: databases first, then their content through the services' APIs."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

from portcullis_cloud import configuration, daemons, ports, processes
from portcullis_cloud.api import Api
from portcullis_cloud.edition import Edition
from portcullis_cloud.errors import failure
from portcullis_cloud.identity import ADMIN
from portcullis_cloud.launch import launch
from portcullis_cloud.layout import CloudDirectory, python_of
from portcullis_cloud.progress import timed
from portcullis_cloud.seed import seed_content, seed_identity
from portcullis_cloud.services import KEYSTONE, Service
from portcullis_cloud.state import State

# Directories that services expect to be there.
_DIRECTORIES = (
    "fernet-tokens",
    "fernet-receipts",
    "credential-keys",
    "neutron/locks",
    "placement",
    "glance/images",
    "glance/staging",
    "glance/tasks",
    "glance/locks",
    "nova/locks",
)


def prepare(directory: CloudDirectory, edition: Edition) -> None:
    """Fill ``directory.data``; no process is left, whatever happens."""
    directory.create()
    for name in _DIRECTORIES:
        (directory.data / name).mkdir(parents=True, mode=0o700)
    state = State(edition, ports.choose(ports.PREPARATION, edition.services, ()))
    configuration.write_service_files(directory, edition, state.base_port)
    with_database = [service for service in edition.services if service.has_database]
    with timed("databases created"), ThreadPoolExecutor() as pool:
        list(pool.map(lambda service: _create_databases(directory, edition, service), with_database))
        daemons.create_databases(directory, edition)
    try:
        _fill(directory, state)
    finally:
        processes.stop(state.processes.values())
    _fold_in_logs(directory)


def _create_databases(directory: CloudDirectory, edition: Edition, service: Service) -> None:
    """Run the service's part of `portcullis_hosted.schema`."""
    log = directory.log_of(f"{service.name}-schema")
    arguments = [service.name, str(directory.etc / service.configuration)]
    command = [str(python_of(edition.release)), "-m", "portcullis_hosted.schema", *arguments]
    if processes.run(command, log, configuration.environment(directory, edition), directory.root):
        raise failure(f"the databases of {service.name} could not be created", log)


def _fill(directory: CloudDirectory, state: State) -> None:
    """Identities come before all other services, whose own account is among them."""
    services = state.edition.services
    daemons.start(directory, state)
    launch(directory, state, [KEYSTONE])
    seed_identity(Api(state.base_port, ADMIN), services, state.base_port)
    launch(directory, state, [service for service in services if service is not KEYSTONE])
    seed_content(Api(state.base_port, ADMIN), services)


def _fold_in_logs(directory: CloudDirectory) -> None:
    """Write what is left in SQLite's write-ahead logs into the databases, so that the logs vanish."""
    for database in directory.data.glob("*.sqlite*"):
        if database.suffix.endswith(("-wal", "-shm")):
            continue
        connection = sqlite3.connect(database)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
