# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova as it is today: on the threads of Python."""

from __future__ import annotations

from nova import monkey_patch

# Nova refuses native threads later than this: it must come before any other import of Nova.
monkey_patch.patch(backend="threading")

from nova.compute import rpcapi  # noqa: E402
from nova.db import utils  # noqa: E402

from portcullis_hosted.nova_services import start  # noqa: E402

# Filters mean what they mean with MySQL, which is what clouds run on: there Nova escapes bars.
utils.get_regexp_ops = lambda _connection: (utils._safe_regex_mysql, "REGEXP")

application = start("osapi_compute", "nova-api", topic_alt=rpcapi.RPC_TOPIC_ALT)
