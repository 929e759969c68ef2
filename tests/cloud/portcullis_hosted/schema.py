# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates the databases of one service: ``python -m portcullis_hosted.schema SERVICE CONFIGURATION_FILE``.

Each service's own management commands are used, called one after the other in one process, as most of their time
goes into imports. Neutron is the exception: its migrations contain statements that SQLite does not know.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Callable

from oslo_config import cfg


def _run(main: Callable[[], object], *arguments: str) -> None:
    """Call a management command's ``main`` as its script would."""
    # A main registers its options, which only works before anything has been parsed.
    cfg.CONF.clear()
    sys.argv = ["manage", *arguments]
    try:
        status = main()
    except SystemExit as ended:
        status = ended.code
    _check(" ".join(arguments), status)


def _check(command: str, status: object) -> None:
    if status:
        raise SystemExit(f"{command}: {status}")


def keystone(config: str) -> None:
    """Tables, keys, and the administrator with roles and region."""
    from keystone.cmd import manage
    from keystone.common.fernet_utils import FernetUtils

    options = ("--config-file", config)
    _run(manage.main, *options, "db_sync")
    # The command fernet_setup insists on a user of the system to give the keys to.
    for group in ("fernet_tokens", "fernet_receipts"):
        settings = cfg.CONF[group]
        keys = FernetUtils(settings.key_repository, settings.max_active_keys, group)
        keys.initialize_key_repository()
    # The password and the region are in the environment.
    _run(manage.main, *options, "bootstrap")


def neutron(config: str) -> None:
    """Tables from the models; the templates of new groups' rules from Neutron's own migration."""
    from neutron.common import config as neutron_config
    from neutron.db.migration.models import head
    from neutron_lib.db import api

    if hasattr(neutron_config, "register_common_config_options"):
        neutron_config.register_common_config_options()
    neutron_config.init(["--config-file", config])
    metadata = head.get_metadata()
    # There since 2023.2.
    templates = metadata.tables.get("securitygroupdefaultrules")
    engine = api.get_context_manager().writer.get_engine()
    metadata.create_all(engine, tables=[table for table in metadata.sorted_tables if table is not templates])
    if templates is not None:
        _fill_templates(engine)


def _fill_templates(engine: Any) -> None:
    """Run revision c33da356b165, which creates the table of the templates and fills it."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory
    from neutron.db.migration import cli

    migrations = ScriptDirectory.from_config(cli.get_neutron_config())
    revision = migrations.get_revision("c33da356b165")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        revision.module.upgrade()


def placement(config: str) -> None:
    """Tables."""
    from placement.cmd import manage

    _run(manage.main, "--config-file", config, "db", "sync")


def glance(config: str) -> None:
    """Tables."""
    from glance.cmd import manage

    _run(manage.main, "--config-file", config, "db", "sync")


def nova(config: str) -> None:
    """Tables of the API's database and of two cells: the graveyard for servers that found no host, and the real one."""
    from nova import config as nova_config
    from nova import objects
    from nova.cmd import manage

    # Its main can be called once per process only, so its commands are called without it.
    nova_config.parse_args(["nova-manage", "--config-file", config])
    objects.register_all()
    cells = manage.CellV2Commands()
    _check("api_db sync", manage.ApiDbCommands().sync())
    # Nova fills these in from its configuration on each start, so the mappings hold wherever the databases are.
    _check("map_cell0", cells.map_cell0("{scheme}:////{path}_cell0?{query}"))
    _check("db sync", manage.DbCommands().sync())
    _check("create_cell", cells.create_cell("cell1", "{scheme}:////{path}?{query}", "fake:///"))


SCHEMAS = {create.__name__: create for create in (keystone, neutron, placement, glance, nova)}


def main() -> None:
    """Create one service's databases and end without waiting for threads the libraries may have started."""
    service, config = sys.argv[1:]
    SCHEMAS[service](config)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
