# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that shows who reaches what: one HTML file that works offline."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final, NamedTuple

from .page_data import page_data, visible

# mypy and Ansible would take a folder of the name of this file for the module.
_FILES: Final = Path(__file__).with_name("page_files")


class Assets(NamedTuple):
    """The parts of the page that are the same for every result."""

    html: str
    style: str
    script: str


def page(result: Mapping[str, Any], *, title: str = "Who reaches what") -> str:
    """Return the result of the module ``security_group_exposure_info`` as one HTML file.

    The file loads nothing, and runs no script but its own, whatever names the users of the cloud have chosen.
    """
    return render(result, assets(), title=title)


@cache
def assets() -> Assets:
    """Return the parts of the page."""
    return Assets(*((_FILES / f"page.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")))


def render(result: Mapping[str, Any], parts: Assets, *, title: str) -> str:
    """Return a result in the page that is made of some parts."""
    return Template(parts.html).substitute(
        policy=escape(_policy(parts)),
        title=escape(visible(title)),
        style=parts.style,
        script=parts.script,
        data=_inert(json.dumps(page_data(result), ensure_ascii=False, separators=(",", ":"))),
    )


def _policy(parts: Assets) -> str:
    """Return the Content-Security-Policy: this style and this script, and nothing from anywhere.

    The browser also refuses to turn a text into markup, should the script try to.
    """
    return (
        f"default-src 'none'; script-src {_source(parts.script)}; style-src {_source(parts.style)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _inert(data: str) -> str:
    """Return JSON that cannot end the element it is in; only texts contain what is replaced."""
    return data.replace("<", "\\u003c")
