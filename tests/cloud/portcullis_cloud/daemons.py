# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the programs of a network backend."""

from __future__ import annotations

import os
import shutil
import time
from string import Template

from portcullis_cloud import configuration, processes
from portcullis_cloud.edition import Edition
from portcullis_cloud.errors import CloudError, failure
from portcullis_cloud.layout import CloudDirectory
from portcullis_cloud.network_backends import Command, Daemon, NetworkBackend
from portcullis_cloud.state import State

# Where Debian keeps ovsdb-server; the PATH of an ordinary user may lack it.
_SYSTEM_PROGRAMS = "/usr/sbin"
_SECONDS_TO_WORK = 60.0


def check_installed(backend: NetworkBackend) -> None:
    """Raise, with what to install, unless the backend's programs are there."""
    missing = [program for program in backend.programs if _path_of(program) is None]
    if missing:
        raise CloudError(
            f"the network backend {backend.name} needs {', '.join(missing)}; on Debian and Ubuntu:\n"
            f"  apt-get install --no-install-recommends {' '.join(backend.packages)}"
        )


def create_databases(directory: CloudDirectory, edition: Edition) -> None:
    """Create the backend's empty databases."""
    for command in edition.network_backend.databases:
        if _run(directory, edition, command):
            raise failure(f"{command[0]} failed", directory.log_of(command[0]))


def start(directory: CloudDirectory, state: State) -> None:
    """Start the backend's daemons; return when they work."""
    for daemon in state.edition.network_backend.daemons:
        environment = _environment(directory, state.edition)
        command = _filled_in(directory, daemon.command)
        state.processes[daemon.name] = processes.spawn(
            command, directory.log_of(daemon.name), environment, directory.root
        )
        state.save(directory)
        _await(directory, state, daemon)


def _await(directory: CloudDirectory, state: State, daemon: Daemon) -> None:
    """Probe until the daemon works; raise with the end of its log if it dies or takes too long."""
    deadline = time.monotonic() + _SECONDS_TO_WORK
    while _run(directory, state.edition, daemon.probe):
        if not state.processes[daemon.name].is_alive() or time.monotonic() > deadline:
            raise failure(f"{daemon.name} does not work", directory.log_of(daemon.name))
        time.sleep(0.02)


def _run(directory: CloudDirectory, edition: Edition, command: Command) -> int:
    log = directory.log_of(command[0])
    return processes.run(_filled_in(directory, command), log, _environment(directory, edition), directory.root)


def _filled_in(directory: CloudDirectory, command: Command) -> list[str]:
    program, *arguments = command
    values = {"data": directory.data, "sockets": directory.sockets}
    return [_path_of(program) or program, *(Template(argument).substitute(values) for argument in arguments)]


def _path_of(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:{_SYSTEM_PROGRAMS}")


def _environment(directory: CloudDirectory, edition: Edition) -> dict[str, str]:
    """The services' environment, and directories of the cloud in place of those under /run, /var and /etc."""
    places = {
        "RUNDIR": directory.sockets,
        "LOGDIR": directory.logs,
        "DBDIR": directory.data,
        "SYSCONFDIR": directory.etc,
    }
    own = {f"{program}_{kind}": str(path) for program in ("OVN", "OVS") for kind, path in places.items()}
    return configuration.environment(directory, edition) | own
