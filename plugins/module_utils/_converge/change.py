# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges a plan, shows which connections it opens and closes, and carries it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from .._cloud.cloud import Cloud
from .._common.errors import CloudError, PortcullisError
from .._groups.ignored import ignored_ports
from .apply import Apply
from .capabilities import HIDDEN_REVISIONS, PORT_GUARD, UNGUARDED
from .judge import judge, rules_lost, shared_groups
from .outcome import Outcome
from .plan import Plan
from .read import Reader
from .read_connections import read_connections
from .settle import settle


def change(outcome: Outcome, reader: Reader, *, check_mode: bool) -> Outcome:
    """Judge the plan of an outcome and, unless in check mode, carry it out.

    :raises CloudError: with what had been changed by then
    """
    plan, scope = outcome.plan, reader.scope
    apply = Apply(reader.cloud, reader.project_id, scope, reader.created)
    problems, unseen = judge(reader, plan)
    losses = [] if scope.cascade else rules_lost(reader.cloud, plan)
    warnings = [*outcome.warnings, *unseen, *shared_groups(plan), *ignored_ports(plan.groups)]
    (warnings if scope.warn else problems).extend(losses)
    warnings += _unguarded(reader.cloud, plan)
    try:
        if problems:
            raise CloudError("\n".join(problems))
        connections = read_connections(reader, plan) if scope.connections else None
        left = plan if check_mode else settle(plan, apply.walk, partial(_look_again, reader))
    except PortcullisError as error:
        error.warnings = [*warnings, *reader.lost]
        raise
    warnings += [warning for warning in left.warnings if warning not in plan.warnings]
    return replace(outcome, left=left, warnings=warnings, done=not check_mode, connections=connections)


def _unguarded(cloud: Cloud, plan: Plan) -> Iterator[str]:
    """Yield a warning if changes of ports may overwrite those of others."""
    if any(plan.ports) and PORT_GUARD not in cloud.extensions:
        yield UNGUARDED
    elif any(change and change.port.revision is None for change in plan.ports):
        yield HIDDEN_REVISIONS


def _look_again(reader: Reader) -> Plan:
    """Read what is left to do.

    :raises CloudError: if that is nothing, but something that the user names has disappeared since the run began
    """
    left = reader.plan()
    if reader.lost and not left:
        lost, reader.lost = reader.lost, []
        raise CloudError("\n".join(lost))
    return left
