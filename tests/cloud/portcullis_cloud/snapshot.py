# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the prepared data of a cloud, one snapshot per version of everything that goes into it."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from portcullis_cloud import processes, state
from portcullis_cloud.edition import Edition
from portcullis_cloud.layout import PROGRAM, CloudDirectory, Workspace
from portcullis_cloud.locking import locked
from portcullis_cloud.prepare import prepare
from portcullis_cloud.progress import say, timed
from portcullis_cloud.releases import Release
from portcullis_cloud.services import Service

# What a snapshot's content depends on: versions, configuration, and this program.
_INGREDIENTS = ("etc/*", "portcullis_*/*.py", "portcullis_hosted-*.dist-info/*")


def ensure(workspace: Workspace, edition: Edition) -> Path:
    """The snapshot for an edition; it is built unless it is there.

    Whoever comes while it is built waits. A snapshot appears under its name when it is complete, never before.
    """
    snapshot = workspace.snapshots / f"{_key(edition.release)}-{edition}"
    if not snapshot.exists():
        with locked(workspace.locks / "snapshots"):
            if not snapshot.exists():
                _build(CloudDirectory(workspace.snapshots / "building"), edition, snapshot)
    return snapshot


def restore(snapshot: Path, directory: CloudDirectory, services: tuple[Service, ...], base_port: int) -> None:
    """Copy a snapshot into a cloud's directory, and correct what depends on place, ports and time."""
    shutil.copytree(snapshot, directory.data)
    for database, statement, parameters in _corrections(directory.data, services, base_port):
        connection = sqlite3.connect(directory.data / database)
        with connection:
            connection.execute(statement, parameters)
        connection.close()


def _build(directory: CloudDirectory, edition: Edition, snapshot: Path) -> None:
    interrupted = state.load(directory)
    if interrupted:
        processes.stop(interrupted.processes.values())
    say(f"preparing databases (once per version), {edition} ...")
    with timed("prepared"):
        prepare(directory, edition)
        directory.data.rename(snapshot)
    directory.remove()


def _key(release: Release) -> str:
    digest = hashlib.sha256()
    for pattern in (*_INGREDIENTS, f"releases/{release.name}.txt"):
        for path in sorted(PROGRAM.glob(pattern)):
            digest.update(f"{path.relative_to(PROGRAM)}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _corrections(
    data: Path, services: tuple[Service, ...], base_port: int
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Statements by database. Nova's cell mappings need none: they are templates over its configuration."""
    for service in services:
        catalogue = "UPDATE endpoint SET url = ? WHERE service_id IN (SELECT id FROM service WHERE type = ?)"
        yield "keystone.sqlite", catalogue, (service.url(base_port), service.type)
    names = {service.name for service in services}
    if "glance" in names:
        yield "glance.sqlite", "UPDATE image_locations SET value = ? || image_id", (f"file://{data}/glance/images/",)
    if "nova" in names:
        # Nova calls a service down whose heartbeat is as old as the snapshot, until the next one.
        yield "nova.sqlite", "UPDATE services SET last_seen_up = datetime('now')", ()
