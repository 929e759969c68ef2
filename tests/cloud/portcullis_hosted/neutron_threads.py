# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Neutron before it had an application for web servers that leaves the threads of Python alone."""

from __future__ import annotations

from neutron import server
from neutron.common import config

server._init_configuration()
application = config.load_paste_app("neutron")
