# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is asked for."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.portcullis.openstack.plugins.module_utils._attachments.entries import Attachment
from ansible_collections.portcullis.openstack.plugins.module_utils._common.time_limits import TimeLimit
from ansible_collections.portcullis.openstack.plugins.module_utils._converge.wanted import Wanted
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import DesiredGroup


def test_the_time_limits_are_those_of_groups_and_attachments() -> None:
    one, two, three = (TimeLimit(entry, "2027-01-31", timedelta(days=1)) for entry in ("one", "two", "three"))
    wanted = Wanted(
        [DesiredGroup("web", limits=(one, two)), DesiredGroup("db")],
        [Attachment("attachment 1", ("web",)), Attachment("attachment 2", ("web",), limit=three)],
    )
    assert wanted.limits == [one, two, three]
