# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that runs inside the services of a release, with the release's own Python: 3.7 or newer.

Nothing here imports the program in ``portcullis_cloud``: what a service needs to know comes on its command line and in
its environment.
"""

from __future__ import annotations
