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
JUDGE = ROOT / "plugins" / "module_utils" / "_converge" / "judge.py"


def on_the_page() -> list[str]:
    """Return the terms of the page's lists: a message in a line of its own, before its cause and cure."""
    return re.findall(r"^``(.+)``$(?=\n  )", PAGE.read_text(), flags=re.MULTILINE)


def code(*paths: Path) -> Iterator[ast.AST]:
    """Yield every node of some files, or of all of the plugins' shared code."""
    for path in paths or sorted((ROOT / "plugins" / "module_utils").rglob("*.py")):
        yield from ast.walk(ast.parse(path.read_text()))


def text(node: ast.AST | None) -> str | None:
    """Return a literal text on one line, with gaps for what is filled in, or None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("\n", " ")
    if isinstance(node, ast.JoinedStr):
        return "".join(GAP if isinstance(part, ast.FormattedValue) else text(part) or "" for part in node.values)
    return None


def message_of(node: ast.AST) -> str | None:
    """Return the message with which an error is created, or None if that is no literal with words of its own."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS):
        return None
    argument = node.args[ERRORS[node.func.id]]
    message = text(argument.left if isinstance(argument, ast.BinOp) else argument)
    return message if message and re.search(r"\w", message.replace(GAP, "")) else None


def errors() -> set[str]:
    """Return the messages of all errors, those that prevent a plan among them."""
    found = {message for node in code() if (message := message_of(node))}
    yielded = {text(node.value) for node in code(JUDGE) if isinstance(node, ast.Yield)}
    listed = {text(node.elt) for node in code(JUDGE) if isinstance(node, ast.ListComp)}
    return found | {message for message in yielded | listed if message is not None}


def errors_of_tasks() -> set[str]:
    """Return the messages with which tasks of roles and playbooks fail."""
    files = [*(ROOT / "roles").glob("*/tasks/*.yml"), *(ROOT / "playbooks").rglob("*.yml")]
    literals = [
        literal
        for path in files
        for literal in re.findall(r"^ +(?:\w+_)?msg: (\".+\")$", path.read_text(), re.MULTILINE)
    ]
    messages = [str(yaml.safe_load(literal)) for literal in literals]
    return {
        re.sub(r"(\{\{.+?\}\})+", GAP, message).replace("\n", " ")
        for message in messages
        if not message.startswith("{{")
    }


def test_every_message_of_the_page_is_in_the_code() -> None:
    texts = {message for node in code() if (message := text(node))} | errors_of_tasks()
    assert set(on_the_page()) - texts == set()


def test_every_error_of_the_code_is_on_the_page() -> None:
    assert len(errors()) > 60
    assert len(errors_of_tasks()) == 2
    assert (errors() | errors_of_tasks()) - set(on_the_page()) == set()


def test_no_message_is_on_the_page_twice() -> None:
    messages = on_the_page()
    assert len(messages) == len(set(messages))
