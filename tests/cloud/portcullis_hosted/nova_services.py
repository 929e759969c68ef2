# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All of Nova in one process: conductor, scheduler and compute as threads, and the API as the application it returns.

oslo.messaging's ``fake:///`` transport keeps its queues in memory, so the services must share a process. Each is put
together as its own command in ``nova.cmd`` does it; all of them may use the database here, so that compute
needs no conductor for its objects. What kind of threads Nova has is settled before this module is imported.
"""

from __future__ import annotations

import os_vif
from nova import context, objects, service
from nova.api.openstack import wsgi_app
from nova.compute import rpcapi as compute_rpc
from nova.conductor import rpcapi as conductor_rpc
from nova.objects import host_mapping
from nova.scheduler import rpcapi as scheduler_rpc

from portcullis_hosted.access_log import Application


def start(*api: str, **compute: str) -> Application:
    """Start Nova; return its API, which is made with the arguments ``api``, as compute is with ``compute``."""
    application: Application = wsgi_app.init_application(*api)
    os_vif.initialize()
    objects.Service.enable_min_version_cache()
    service.Service.create(binary="nova-conductor", topic=conductor_rpc.RPC_TOPIC).start()
    service.Service.create(binary="nova-scheduler", topic=scheduler_rpc.RPC_TOPIC).start()
    service.Service.create(binary="nova-compute", topic=compute_rpc.RPC_TOPIC, **compute).start()
    # The compute host can be chosen for servers once its cell knows it, which is possible once it has started.
    host_mapping.discover_hosts(context.get_admin_context())
    return application
