# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workflow as AWX runs it: which node comes next, what it is handed, and how the workflow ends.

The rules are those of AWX's ``awx/main/scheduler/dag_workflow.py`` and ``awx/main/models/workflow.py``, for workflows
in which every node has at most one parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .awx import Controller, Credential, Job, templates


@dataclass
class WorkflowJob:
    """A workflow that has ended.

    :ivar jobs: by the identifiers of their nodes, in the order in which they ran
    :ivar approvals: the nodes at which somebody was asked
    """

    jobs: dict[str, Job] = field(default_factory=dict)
    approvals: list[str] = field(default_factory=list)
    successful: bool = True


def run_workflow(
    controller: Controller, workflow: Mapping[str, Any], credential: Credential, *, approve: bool = True, **options: Any
) -> WorkflowJob:
    """Run a workflow from its first node.

    :param approve: whether the approval is given, or denied
    :param options: answers to the workflow's survey, and what :meth:`Controller.launch` takes besides answers
    """
    nodes = {node["identifier"]: node for node in workflow["nodes"]}
    followers = {link["identifier"] for node in nodes.values() for links in _links(node).values() for link in links}
    (current,) = nodes.keys() - followers
    ended, artifacts = WorkflowJob(), dict[str, Any]()
    while current:
        node = nodes[current]
        if node["unified_job_template"]["type"] == "workflow_approval":
            ended.approvals.append(current)
            successful = approve
        else:
            job = _run_node(controller, node, credential, artifacts, options)
            ended.jobs[current] = job
            artifacts |= job.stats
            successful = job.successful
        links = _links(node)
        following = links.get("success_nodes" if successful else "failure_nodes", [])
        # A failed node fails the workflow unless something is to follow its failure.
        ended.successful = ended.successful and (successful or bool(links.get("failure_nodes")))
        (current,) = [link["identifier"] for link in following] or [""]
    return ended


def _links(node: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    return dict(node.get("related", {}))


def _run_node(
    controller: Controller,
    node: Mapping[str, Any],
    credential: Credential,
    artifacts: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Job:
    """Launch the job of a node. It gets the answers to the workflow's survey even if its own asks nothing."""
    (template,) = [
        found for found in templates()["awx_job_templates"] if found["name"] == node["unified_job_template"]["name"]
    ]
    questions = {question["variable"] for question in templates()["awx_questions"]}
    extra = {name: value for name, value in options.items() if name in questions - set(template["questions"])}
    asked = {name: value for name, value in options.items() if name not in extra}
    answers = {**node.get("extra_data", {}), **asked}
    return controller.launch(template, credential, artifacts={**artifacts, **extra}, **answers)
