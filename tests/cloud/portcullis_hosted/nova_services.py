# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All of Nova in one process: conductor, scheduler and compute as threads, and the API as ``application``.

oslo.messaging's ``fake:///`` transport keeps its queues in memory, so the services must share a process. Each is put
together as its own command in ``nova.cmd`` does it; all of them may use the database here, so that compute
needs no conductor for its objects.
"""

from __future__ import annotations

from nova import monkey_patch

# Nova refuses native threads later than this: it must come before any other import of Nova.
monkey_patch.patch(backend="threading")

import os_vif  # noqa: E402
from nova import context, objects, service  # noqa: E402
from nova.api.openstack import wsgi_app  # noqa: E402
from nova.compute import rpcapi as compute_rpc  # noqa: E402
from nova.conductor import rpcapi as conductor_rpc  # noqa: E402
from nova.db import utils as db_utils  # noqa: E402
from nova.objects import host_mapping  # noqa: E402
from nova.scheduler import rpcapi as scheduler_rpc  # noqa: E402


def _start_workers() -> None:
    os_vif.initialize()
    objects.Service.enable_min_version_cache()
    service.Service.create(binary="nova-conductor", topic=conductor_rpc.RPC_TOPIC).start()
    service.Service.create(binary="nova-scheduler", topic=scheduler_rpc.RPC_TOPIC).start()
    service.Service.create(
        binary="nova-compute", topic=compute_rpc.RPC_TOPIC, topic_alt=compute_rpc.RPC_TOPIC_ALT
    ).start()
    # The compute host can be chosen for servers once its cell knows it, which is possible once it has started.
    host_mapping.discover_hosts(context.get_admin_context())


# Filters mean what they mean with MySQL, which is what clouds run on: there Nova escapes bars.
db_utils.get_regexp_ops = lambda _connection: (db_utils._safe_regex_mysql, "REGEXP")

application = wsgi_app.init_application("osapi_compute", "nova-api")
_start_workers()
