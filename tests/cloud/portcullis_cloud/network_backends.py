# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Neutron's ports are connected to."""

from __future__ import annotations

from dataclasses import dataclass

Command = tuple[str, ...]
"""A program and its arguments, in which ``${data}`` and ``${sockets}`` stand for directories of a cloud."""


@dataclass(frozen=True)
class Daemon:
    """A process that runs beside the services; ``probe`` is a command that succeeds when the daemon works."""

    name: str
    command: Command
    probe: Command


@dataclass(frozen=True)
class NetworkBackend:
    """A network backend, as data.

    ``configuration`` are files in ``etc`` that Neutron reads after its own. ``databases`` are the commands that create
    the databases of a new cloud. ``daemons`` start one after the other, before the first service does. ``packages`` of
    Debian have the programs.
    """

    name: str
    configuration: tuple[str, ...] = ()
    databases: tuple[Command, ...] = ()
    daemons: tuple[Daemon, ...] = ()
    packages: tuple[str, ...] = ()

    @property
    def programs(self) -> list[str]:
        """The programs that must be installed."""
        commands = [command for daemon in self.daemons for command in (daemon.command, daemon.probe)]
        return sorted({command[0] for command in (*self.databases, *commands)})


def _create_database(name: str) -> Command:
    return ("ovsdb-tool", "create", f"${{data}}/ovn-{name}.db", f"/usr/share/ovn/ovn-{name}.ovsschema")


def _serve_database(name: str) -> Daemon:
    sockets = (f"--remote=punix:${{sockets}}/{name}.sock", f"--unixctl=${{sockets}}/{name}.ctl")
    command = ("ovsdb-server", "-vsyslog:off", *sockets, f"${{data}}/ovn-{name}.db")
    return Daemon(f"ovn-{name}", command, probe=("ovsdb-client", "list-dbs", f"unix:${{sockets}}/{name}.sock"))


_NORTHBOUND = "unix:${sockets}/nb.sock"
_SOUTHBOUND = "unix:${sockets}/sb.sock"
_NORTHD = Daemon(
    "ovn-northd",
    (
        "ovn-northd",
        "-vsyslog:off",
        f"--ovnnb-db={_NORTHBOUND}",
        f"--ovnsb-db={_SOUTHBOUND}",
        "--unixctl=${sockets}/northd.ctl",
    ),
    # northd confirms that it has brought all changes of the northbound database into the southbound one.
    probe=("ovn-nbctl", "--timeout=60", f"--db={_NORTHBOUND}", "--wait=sb", "sync"),
)

NONE = NetworkBackend("none")
OVN = NetworkBackend(
    "ovn",
    configuration=("neutron-ovn.conf",),
    databases=(_create_database("nb"), _create_database("sb")),
    daemons=(_serve_database("nb"), _serve_database("sb"), _NORTHD),
    packages=("ovn-central", "ovn-common", "openvswitch-common"),
)
NETWORK_BACKENDS = {backend.name: backend for backend in (NONE, OVN)}
