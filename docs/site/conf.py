# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the documentation site of the pages that antsibull-docs writes. ``make docs`` runs both."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.search.en import SearchEnglish

REPOSITORY = "https://github.com/portcullis-openstack/portcullis.openstack"
EDIT = f"{REPOSITORY}/edit/main"
ANSIBLE = "https://docs.ansible.com/ansible/latest"
# Guides name pictures by where they are published, as Galaxy shows guides without any files beside them.
PICTURES = "https://raw.githubusercontent.com/portcullis-openstack/portcullis.openstack/main"
# They include files by a path that climbs to the top of the checkout. antsibull-docs copies guides elsewhere.
INCLUDED = re.compile(r"(?<=^\.\. literalinclude:: )(?:\.\./)+", flags=re.MULTILINE)

project = "portcullis.openstack"
author = copyright = "Portcullis contributors"
html_title = html_short_title = project

extensions = ["sphinx_antsibull_ext"]
# antsibull-docs' list of environment variables, of which the plugins declare none.
exclude_patterns = ["environment_variables.rst"]
highlight_language = "yaml+jinja"
pygments_style = "ansible"
nitpicky = True

html_theme = "sphinx_ansible_theme"
html_theme_options = {
    "navigation_depth": 2,
    "topbar_links": {"Repository": REPOSITORY, "Issues": f"{REPOSITORY}/issues", "Ansible": ANSIBLE},
}
html_static_path = ["static"]
html_css_files = ["portcullis.css"]
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

# The files behind pages that are neither guides nor, as antsibull-docs says itself, plugins and roles.
SOURCES = {
    "index": "docs/site/index.rst",
    "collection": "galaxy.yml",
    "changelog": "changelogs/changelog.yaml",
    **dict.fromkeys(("roles", "modules", "filters"), "tests/tools/site_pages.py"),
}

# What the theme and antsibull-docs write, and what screen readers and narrow pages need instead.
REPAIRS = {
    'role="heading"': 'role="heading" aria-level="2"',
    'aria-role="button" ': "",
    "<pre>": '<pre tabindex="0">',
    '<div class="terminal docutils container">': '<div class="terminal docutils container" tabindex="0">',
}
# The class of code that may be longer than a line on a phone.
LONG = re.compile(r'(?<=<span class="pre)(?=">[^<]{34})')


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


def link_to_source(
    _app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Have every page link to its file, and the logo to the front page."""
    guide = page.removeprefix("docsite/")
    source = SOURCES.get(page) if guide == page else f"docs/docsite/rst/{guide}.rst"
    if source is not None:
        context["meta"] = {**(context.get("meta") or {}), "github_url": f"{EDIT}/{source}"}
    # The theme writes this URL as it is, also on pages in folders.
    context["theme_documentation_home_url"] = context["pathto"]("index")


class SearchWithNumbers(SearchEnglish):
    """Finds numbers too, such as ports."""

    def word_filter(self, word: str) -> bool:
        """Return whether to put a word into the index."""
        return word.isdigit() or super().word_filter(word)


def search_for_numbers(
    app: Sphinx, page: str, _template: str, _context: dict[str, Any], _doctree: nodes.document | None
) -> None:
    """Have the page of the search look for numbers in its index."""
    if page == "search":
        app.add_js_file("numbers.js", loading_method="defer")


def breakable(text: str) -> str:
    """Return HTML in which names that are longer than the line break after a dot or a parenthesis, and nowhere else."""
    return text.replace("portcullis.openstack.", "portcullis.<wbr>openstack.<wbr>").replace("(", "(<wbr>")


def repaired(html: str) -> str:
    """Return HTML with what it lacks for screen readers and narrow pages."""
    for written, needed in REPAIRS.items():
        html = html.replace(written, needed)
    html = LONG.sub(" long", html)
    return re.sub(r'<h1>.*?</h1>|<span class="pre long">.*?</span>', lambda text: breakable(text[0]), html)


def repair(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: nodes.document | None) -> None:
    """Repair the body, the sidebar and the title in the breadcrumbs."""
    toctree: Callable[..., str] = context["toctree"]
    context["toctree"] = lambda **options: repaired(toctree(**options))
    context["body"] = repaired(context.get("body", ""))
    context["title"] = breakable(context.get("title", ""))


def setup(app: Sphinx) -> None:
    """Connect the functions above."""
    app.connect("html-page-context", link_to_source)
    app.connect("html-page-context", repair)
    app.connect("html-page-context", search_for_numbers)
    app.add_search_language(SearchWithNumbers)
    app.connect("source-read", use_own_files)
    app.connect("missing-reference", link_to_ansible)
