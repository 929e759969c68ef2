# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the documentation site of the pages that antsibull-docs writes. ``make docs`` runs both."""

from __future__ import annotations

import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

REPOSITORY = "https://github.com/portcullis-openstack/portcullis.openstack"
ANSIBLE = "https://docs.ansible.com/ansible/latest"
# Guides name pictures by where they are published, as Galaxy shows guides without any files beside them.
PICTURES = "https://raw.githubusercontent.com/portcullis-openstack/portcullis.openstack/main"
# They include files by a path that climbs to the top of the checkout. antsibull-docs copies guides elsewhere.
INCLUDED = re.compile(r"(?<=^\.\. literalinclude:: )(?:\.\./)+", flags=re.MULTILINE)

project = "portcullis.openstack"
author = copyright = "Portcullis contributors"
html_title = html_short_title = project

extensions = ["sphinx_antsibull_ext"]
highlight_language = "yaml+jinja"
pygments_style = "ansible"
nitpicky = True

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "documentation_home_url": "index.html",
    "navigation_depth": 2,
    "topbar_links": {"Repository": REPOSITORY, "Issues": f"{REPOSITORY}/issues", "Ansible": ANSIBLE},
}
html_static_path = ["static"]
html_css_files = ["narrow.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False

# The pages of Ansible's own site that antsibull-docs links to. Sphinx would fetch lists of all its pages; this way the
# site is built without a network, and every warning is an error.
FOREIGN_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}


def link_to_ansible(
    _app: Sphinx, _env: BuildEnvironment, reference: pending_xref, text: nodes.TextElement
) -> nodes.reference | None:
    """Return the link to a page of Ansible's own site."""
    page = FOREIGN_PAGES.get(reference["reftarget"])
    return None if page is None else nodes.reference("", "", text, internal=False, refuri=f"{ANSIBLE}/{page}")


def use_own_files(app: Sphinx, _page: str, source: list[str]) -> None:
    """Have the site show the pictures, examples and plans of this checkout."""
    checkout = f"/{os.path.relpath(Path(__file__).resolve().parents[2], app.srcdir)}"
    source[0] = INCLUDED.sub(f"{checkout}/", source[0].replace(PICTURES, checkout))


def setup(app: Sphinx) -> None:
    """Resolve what is not on this site."""
    app.connect("source-read", use_own_files)
    app.connect("missing-reference", link_to_ansible)
