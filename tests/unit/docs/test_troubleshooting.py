# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of error messages has those of the code, all of them and no others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "docsite" / "rst" / "troubleshooting.rst"
# On the page, the part of a message that differs from case to case.
GAP = "…"
# The position of the message among the arguments of each error.
ERRORS = {"InputError": 1, "UnknownNameError": 1, "CloudError": 0, "PortcullisError": 0}


def on_the_page() -> list[str]:
    """Return the terms of the page's lists: a message in a line of its own, before its cause and cure."""
    return re.findall(r"^``(.+)``$(?=\n  )", PAGE.read_text(), flags=re.MULTILINE)


def code() -> Iterator[ast.AST]:
    """Yield every node of the plugins' code."""
    for path in sorted((ROOT / "plugins" / "module_utils").rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text()))


def text(node: ast.AST) -> str | None:
    """Return a literal text with gaps for what is filled in, or None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(GAP if isinstance(part, ast.FormattedValue) else text(part) or "" for part in node.values)
    return None


def raised(node: ast.AST) -> str | None:
    """Return the message with which an error is made, or None if that is no literal with words of its own."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS):
        return None
    message = node.args[ERRORS[node.func.id]]
    said = text(message.left if isinstance(message, ast.BinOp) else message)
    return said if said and re.search(r"\w", said.replace(GAP, "")) else None


def told_by_tasks() -> set[str]:
    """Return the messages with which tasks of roles and playbooks fail."""
    files = [*(ROOT / "roles").glob("*/tasks/*.yml"), *(ROOT / "playbooks").rglob("*.yml")]
    found = [
        said for path in files for said in re.findall(r"^ +(?:fail_)?msg: (\".+\")$", path.read_text(), re.MULTILINE)
    ]
    messages = [str(yaml.safe_load(said)) for said in found]
    return {re.sub(r"\{\{.+?\}\}", GAP, said).replace("\n", " ") for said in messages if not said.startswith("{{")}


def test_every_message_of_the_page_is_in_the_code() -> None:
    texts = {said.replace("\n", " ") for node in code() if (said := text(node))} | told_by_tasks()
    assert set(on_the_page()) - texts == set()


def test_every_error_of_the_code_is_on_the_page() -> None:
    messages = {said.replace("\n", " ") for node in code() if (said := raised(node))}
    assert len(messages) > 50
    assert len(told_by_tasks()) == 2
    assert (messages | told_by_tasks()) - set(on_the_page()) == set()


def test_no_message_is_on_the_page_twice() -> None:
    messages = on_the_page()
    assert len(messages) == len(set(messages))
