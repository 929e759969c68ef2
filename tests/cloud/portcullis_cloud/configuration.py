# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the files a cloud is configured by: the services' own, and ``clouds.yaml`` for its users."""

from __future__ import annotations

import os
from pathlib import Path
from string import Template

from portcullis_cloud.edition import Edition
from portcullis_cloud.identity import ADMIN, SERVICE, USERS, Account
from portcullis_cloud.layout import PROGRAM, TEMPLATES, CloudDirectory, environment_of
from portcullis_cloud.services import KEYSTONE, NEUTRON, REGION


def write_service_files(directory: CloudDirectory, edition: Edition, base_port: int) -> None:
    """Fill in the services' templates."""
    values = {
        "data": str(directory.data),
        "sockets": str(directory.sockets),
        "prefix": str(environment_of(edition.release)),
        "keystone_url": KEYSTONE.url(base_port),
        "service_password": SERVICE.password,
    }
    credentials = (TEMPLATES / "service-credentials.part").read_text()
    values["service_credentials"] = Template(credentials).substitute(values).rstrip()
    for name in (*(service.configuration for service in edition.services), *edition.network_backend.configuration):
        template = (TEMPLATES / name).read_text()
        (directory.etc / name).write_text(Template(template).substitute(values))


def write_clouds_yaml(path: Path, base_port: int) -> None:
    """Write the clients' file; nobody else may read it, as befits a file with passwords."""
    content = "# Written by tests/cloud on each start.\nclouds:\n"
    content += "".join(_cloud_entry(account, base_port) for account in USERS)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    temporary.rename(path)


def _cloud_entry(account: Account, base_port: int) -> str:
    return f"""\
  {account.user}:
    auth:
      auth_url: {KEYSTONE.url(base_port)}
      username: {account.user}
      password: {account.password}
      project_name: {account.project}
      user_domain_id: default
      project_domain_id: default
    region_name: {REGION}
    identity_api_version: 3
"""


def environment(directory: CloudDirectory, edition: Edition) -> dict[str, str]:
    """The environment of the cloud's processes: nothing of the caller's but the path of commands.

    Credentials and proxies of the caller's would mislead the services' clients.
    """
    etc = directory.etc
    neutron = (NEUTRON.configuration, *edition.network_backend.configuration)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(PROGRAM),
        "PYTHONUNBUFFERED": "1",
        "HOME": str(directory.tmp),
        "TMPDIR": str(directory.tmp),
        # stevedore keeps a cache of entry points there.
        "XDG_CACHE_HOME": str(directory.tmp / "cache"),
        # What Keystone creates the administrator with.
        "OS_BOOTSTRAP_PASSWORD": ADMIN.password,
        "OS_BOOTSTRAP_REGION_ID": REGION,
        "OS_KEYSTONE_CONFIG_FILES": str(etc / "keystone.conf"),
        "OS_NEUTRON_CONFIG_FILES": ";".join(str(etc / name) for name in neutron),
        "OS_PLACEMENT_CONFIG_DIR": str(etc),
        "OS_GLANCE_CONFIG_DIR": str(etc),
        "NOVA_STUB_CONFIG_FILE": str(etc / "nova-stub.conf"),
        "OS_NOVA_CONFIG_FILES": f"{environment_of(edition.release)}/etc/nova/api-paste.ini;{etc}/nova.conf",
    }
