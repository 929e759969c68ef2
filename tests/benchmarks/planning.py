# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan alone: from options and Neutron's answer to what is to be done, without any request."""

from __future__ import annotations

import time

from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.portcullis.openstack.plugins.module_utils._common.errors import Problems
from ansible_collections.portcullis.openstack.plugins.module_utils._common.names import Names
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.desired import desired_groups
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.group import References, group_from_api
from ansible_collections.portcullis.openstack.plugins.module_utils._groups.plan import plan_groups
from ansible_collections.portcullis.openstack.plugins.module_utils._rules.catalogue import SERVICES
from ansible_collections.portcullis.openstack.plugins.modules.security_group_set import ARGUMENT_SPEC

from .client import Body
from .processes import copies
from .wanted import as_set, wanted


def plan_seconds(template: Body, groups: int) -> float:
    """Return how many seconds of the processor it takes to find that nothing is to be done.

    :param template: a group of Neutron's with as many rules as each is to have
    """
    want = wanted(groups, len(template["security_group_rules"]))
    answer = copies(template, list(want))
    options = ModuleArgumentSpecValidator(ARGUMENT_SPEC).validate({"groups": as_set(want)}).validated_parameters
    start = time.process_time()
    desired = desired_groups(options["groups"], SERVICES)
    current = [group_from_api(body) for body in answer]
    with Problems() as problems:
        plan = plan_groups(desired, current, References(desired, current, {}, Names()), problems=problems)
    seconds = time.process_time() - start
    assert not plan
    return seconds
