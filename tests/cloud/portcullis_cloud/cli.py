# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from portcullis_cloud import cloud, daemons, snapshot
from portcullis_cloud.edition import Edition
from portcullis_cloud.errors import CloudError
from portcullis_cloud.install import install
from portcullis_cloud.layout import REPOSITORY, Workspace, environment_of
from portcullis_cloud.network_backends import NETWORK_BACKENDS, NONE
from portcullis_cloud.progress import say
from portcullis_cloud.releases import NEWEST, RELEASES
from portcullis_cloud.services import ServiceSet

_DESCRIPTION = """\
A real OpenStack on this machine, for tests: Keystone, Neutron, Placement, Glance and Nova on SQLite, as ordinary
processes of an ordinary user, listening on 127.0.0.1 only. Several clouds can run at once under different names.
"""
_EPILOG = """\
examples:
  .cloud/venv/bin/python tests/cloud start
  OS_CLIENT_CONFIG_FILE=.cloud/clouds.yaml .cloud/venv/bin/openstack --os-cloud demo security group list
  .cloud/venv/bin/python tests/cloud start --name fast --services network
  .cloud/venv/bin/python tests/cloud stop --all

The clouds in clouds.yaml are admin, demo, alt (another project) and reader (of the project demo). Everything lies
under .cloud/: logs in run/NAME/logs, all requests in run/NAME/logs/requests.log.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(Workspace(), options))
    except CloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _start(workspace: Workspace, options: argparse.Namespace) -> int:
    say(str(cloud.start(workspace, options.name, _edition(options), options.base_port)))
    return 0


def _stop(workspace: Workspace, options: argparse.Namespace) -> int:
    names = [directory.name for directory in workspace.clouds()] if options.all else [options.name]
    for name in names:
        say(f"cloud {name} stopped" if cloud.stop(workspace, name) else f"cloud {name} is not running")
    return 0


def _status(workspace: Workspace, options: argparse.Namespace) -> int:
    entries = cloud.status(workspace.cloud(options.name))
    if not entries:
        say(f"cloud {options.name} is not running")
        return 1
    rows = [("SERVICE", "PID", "URL", "HEALTH", "LOG")]
    rows += [(entry.service, str(entry.pid or "-"), entry.url, entry.health, str(entry.log)) for entry in entries]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0 if cloud.is_healthy(entries) else 1


def _list(workspace: Workspace, _options: argparse.Namespace) -> int:
    for directory in workspace.clouds():
        health = "healthy" if cloud.is_healthy(cloud.status(directory)) else "unhealthy"
        say(f"{directory.name}  {health}  {directory.clouds_yaml}")
    return 0


def _prepare(workspace: Workspace, options: argparse.Namespace) -> int:
    say(str(snapshot.ensure(workspace, _edition(options))))
    return 0


def _install(_workspace: Workspace, options: argparse.Namespace) -> int:
    say(str(install(RELEASES[options.release])))
    return 0


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("tests/cloud", description=_DESCRIPTION, epilog=_EPILOG, formatter_class=raw)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    start = commands.add_parser("start", help="start a cloud, or find it running; prints the path of clouds.yaml")
    _add_name(start)
    _add_edition(start)
    start.add_argument(
        "--base-port",
        type=_base_port,
        metavar="N",
        help="first of the cloud's ports (default: 15000 for the cloud named default, else a free range)",
    )
    start.set_defaults(run=_start)

    stop = commands.add_parser("stop", help="end a cloud's processes and remove its data; its logs stay")
    which = stop.add_mutually_exclusive_group()
    _add_name(which)
    which.add_argument("--all", action="store_true", help="stop every cloud of this checkout")
    stop.set_defaults(run=_stop)

    status = commands.add_parser("status", help="show a cloud's services; exit status 0 only if all are healthy")
    _add_name(status)
    status.set_defaults(run=_status)

    commands.add_parser("list", help="list the clouds of this checkout").set_defaults(run=_list)

    prepare = commands.add_parser("prepare", help="build the snapshot that start needs, without starting; for caches")
    _add_edition(prepare)
    prepare.set_defaults(run=_prepare)

    installer = commands.add_parser("install", help="install a release; needs uv")
    _add_release(installer)
    installer.set_defaults(run=_install)
    return parser


def _add_name(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--name", type=_name, default=cloud.DEFAULT, help="which cloud (default: %(default)s)")


def _add_release(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--release", choices=list(RELEASES), default=NEWEST.name, help="which OpenStack (default: %(default)s)"
    )


def _add_edition(parser: argparse._ActionsContainer) -> None:
    _add_release(parser)
    parser.add_argument(
        "--network-backend",
        choices=list(NETWORK_BACKENDS),
        default=NONE.name,
        help="none has no network behind its ports; ovn runs OVN's databases and northd (default: %(default)s)",
    )
    parser.add_argument(
        "--services",
        choices=[str(services) for services in ServiceSet],
        default=str(ServiceSet.ALL),
        help="network is Keystone and Neutron; all adds Placement, Glance and Nova (default: %(default)s)",
    )


def _name(text: str) -> str:
    """A cloud's name becomes a directory's."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name of letters, digits, '_', '.' and '-'")
    return text


def _base_port(text: str) -> int:
    if not text.isdecimal() or not 1024 <= int(text) <= 65000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1024 to 65000")
    return int(text)


def _edition(options: argparse.Namespace) -> Edition:
    """What the cloud is asked to consist of; raise unless it is installed."""
    release = RELEASES[options.release]
    environment = environment_of(release)
    if not (environment / "bin" / "keystone-manage").exists():
        target = environment.relative_to(REPOSITORY) / ".ready"
        raise CloudError(f"OpenStack {release.name} is not installed; in {REPOSITORY}:\n  make {target}")
    network_backend = NETWORK_BACKENDS[options.network_backend]
    daemons.check_installed(network_backend)
    return Edition(ServiceSet(options.services), release, network_backend)
