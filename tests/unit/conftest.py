# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unit tests run with the network off."""

from __future__ import annotations

from importlib import import_module

from hypothesis import HealthCheck, settings

# It asks the socket module for a name when it is imported first, which no test could do.
import_module("ansible.module_utils.basic")

# How long an example takes is about the machine and what else runs on it, not about the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
