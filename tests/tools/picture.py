# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the README's pictures from real runs on a test cloud of its own: the plan for its services, and their audit.

``make picture`` runs it. The pictures change with what Ansible and the collection print, and with the addresses that
the cloud gives the instances. The page of the audit is the sample that the site shows.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

from ansible_collections.portcullis.openstack.tests.tools.browser import browser

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "plan.svg"
PAGE = ROOT / "docs" / "site" / "static" / "audit.html"
PICTURE_OF_PAGE = ROOT / "docs" / "images" / "audit.png"
SIZE_OF_PAGE = (1100, 860)
COLUMNS = 90

CLOUD = ("tests/cloud", "--name", "picture")
CLOUD_PYTHON = ".cloud/venv/bin/python"
OPENSTACK = ".cloud/venv/bin/openstack"
_ADMIN = ("--os-cloud=admin",)
_ADDRESS_ALONE = ("-f", "value", "-c", "floating_ip_address")
KIND = ("--image=cirros", "--flavor=m1.tiny", "--network=demo", "--wait")
# The instances that the README's services are for.
SERVERS = (("web1",), ("web2",), ("db1", "--property=role=db"))

# A way from the Internet to the first of them.
OUTSIDE = (
    (*_ADMIN, "network", "create", "--external", "public"),
    (*_ADMIN, "subnet", "create", "--network=public", "--subnet-range=203.0.113.0/24", "public"),
    # The network is the administrator's, who alone may connect it.
    (*_ADMIN, "router", "create", "--project=demo", "--external-gateway=public", "router"),
    (*_ADMIN, "router", "add", "subnet", "router", "demo-ipv4"),
)

APPLY = ("ansible-playbook", "portcullis.openstack.apply", "-e", "@services.yml")
PLAN = (*APPLY, "--check", "--diff")
AUDIT = ("ansible-playbook", "portcullis.openstack.audit", "-e", "@services.yml", "-e", f"audit_page={PAGE}")
# What a terminal of the picture's width gets.
APPEARANCE = {"ANSIBLE_FORCE_COLOR": "true", "COLUMNS": str(COLUMNS)}
# Rich's font would be fetched from a host on the web, which pages that show pictures do not do.
WEB_FONT = re.compile(r"@font-face \{.*?\}\s*", flags=re.DOTALL)


@contextmanager
def running_cloud() -> Iterator[dict[str, str]]:
    """Start a cloud, give the environment that leads there, and stop it."""
    program, *name = CLOUD
    started = run(CLOUD_PYTHON, program, "start", *name)
    try:
        yield {"OS_CLIENT_CONFIG_FILE": started.splitlines()[-1], "OS_CLOUD": "demo"}
    finally:
        run(CLOUD_PYTHON, program, "stop", *name)


def run(*command: str, environment: Mapping[str, str] | None = None, directory: str | Path = ROOT) -> str:
    """Run a command, which must succeed, and return what it prints."""
    complete = {**os.environ, **(environment or {})}
    return subprocess.run(command, cwd=directory, env=complete, check=True, stdout=subprocess.PIPE, text=True).stdout


def readme_services() -> str:
    """Return the services that the README describes."""
    found = re.search(r"^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text(), flags=re.DOTALL | re.MULTILINE)
    if found is None:
        raise SystemExit("The README has no YAML.")
    return found[1]


def plan() -> str:
    """Return what the plan prints, in colours; apply it, and write the page of the audit."""
    with running_cloud() as cloud, tempfile.TemporaryDirectory() as directory:
        Path(directory, "services.yml").write_text(readme_services())
        for command in (*OUTSIDE, *(("server", "create", *KIND, *server) for server in SERVERS)):
            run(OPENSTACK, *command, environment=cloud)
        planned = run(*PLAN, environment=cloud | APPEARANCE, directory=directory)
        run(*APPLY, environment=cloud, directory=directory)
        address = run(OPENSTACK, "floating", "ip", "create", *_ADDRESS_ALONE, "public", environment=cloud).strip()
        run(OPENSTACK, "server", "add", "floating", "ip", "web1", address, environment=cloud)
        run(*AUDIT, environment=cloud, directory=directory)
        return planned


def photograph() -> None:
    """Take the picture of the page."""
    width, height = SIZE_OF_PAGE
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser())
        page = chromium.new_page(viewport={"width": width, "height": height})
        page.goto(PAGE.as_uri())
        page.screenshot(path=PICTURE_OF_PAGE)
        chromium.close()


def draw(output: str) -> str:
    """Return the picture of a terminal."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), shlex.join(PLAN)))
    console.print(Text.from_ansi(output.rstrip()))
    return WEB_FONT.sub("", console.export_svg(title="services.yml", theme=DIMMED_MONOKAI, unique_id="plan"))


def main() -> int:
    """Draw them."""
    PICTURE.write_text(draw(plan()))
    PAGE.chmod(0o644)
    photograph()
    for path in (PICTURE, PAGE, PICTURE_OF_PAGE):
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
