# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules' own texts say, read as Ansible reads them."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

Docs = dict[str, Any]

_PLUGINS = "ansible_collections.portcullis.openstack.plugins"
_DIRECTORY = Path(__file__).resolve().parents[4] / "plugins" / "modules"

MODULES = sorted(path.stem for path in _DIRECTORY.glob("*.py"))


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{_PLUGINS}.modules.{name}")


def fragment(name: str) -> Docs:
    """Return a documentation fragment by the name that modules give it, such as ``attributes.info``."""
    file, _dot, part = name.partition(".")
    texts = importlib.import_module(f"{_PLUGINS}.doc_fragments.{file}").ModuleDocFragment
    return dict(yaml.safe_load(getattr(texts, part.upper() or "DOCUMENTATION")))


def options(name: str) -> Docs:
    """Return the documented options of a module, with those of its fragments that it does not describe itself."""
    documentation = yaml.safe_load(module(name).DOCUMENTATION)
    found: Docs = dict(documentation.get("options", {}))
    for full_name in documentation["extends_documentation_fragment"]:
        found = {**fragment(full_name.removeprefix("portcullis.openstack.")).get("options", {}), **found}
    return found


def returns(name: str) -> Docs:
    """Return the documented return values of a module."""
    return dict(yaml.safe_load(module(name).RETURN))
