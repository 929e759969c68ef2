# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Glance before 2024.2, which looks for its pipelines beside its configuration, wherever that says that they are."""

from __future__ import annotations

from glance.common import wsgi_app

wsgi_app.CONFIG_FILES = ["glance-api.conf"]
application = wsgi_app.init_app()
