# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of ``python tests/cloud``."""

from __future__ import annotations

import sys

from portcullis_cloud.cli import main

sys.exit(main())
