# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova as it was when it knew no threads but eventlet's: this process has a single real one."""

from __future__ import annotations

# Replaces the standard library's threads and sockets, and must come before all that uses these.
import nova.monkey_patch  # noqa: F401  # isort: skip  # pylint: disable=unused-import

from nova.db.main import api

from portcullis_hosted.nova_services import start

# Filters mean what they mean with MySQL, which is what clouds run on: there Nova escapes bars.
api._get_regexp_ops = lambda _connection: (api._safe_regex_mysql, "REGEXP")

application = start("osapi_compute")
