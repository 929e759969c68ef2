# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the README's picture: the plan for the README's own services, from a real run on a test cloud of its own.

``make picture`` runs it. The picture changes with what Ansible and the collection print, and with the addresses that
the cloud gives the instances.
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

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs" / "images" / "plan.svg"
COLUMNS = 90

CLOUD = ("tests/cloud", "--name", "picture")
CLOUD_PYTHON = ".cloud/venv/bin/python"
OPENSTACK = ".cloud/venv/bin/openstack"
KIND = ("--image=cirros", "--flavor=m1.tiny", "--network=demo", "--wait")
# The instances that the README's services are for.
SERVERS = (("web1",), ("web2",), ("db1", "--property=role=db"))

PLAN = ("ansible-playbook", "portcullis.openstack.apply", "-e", "@services.yml", "--check", "--diff")
# Colours, lines of the picture's width, and nothing of tasks that have nothing to say.
APPEARANCE = {
    "ANSIBLE_DISPLAY_OK_HOSTS": "false",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
    "ANSIBLE_FORCE_COLOR": "true",
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "COLUMNS": str(COLUMNS),
}
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
    """Return what the run prints, in colours."""
    with running_cloud() as cloud, tempfile.TemporaryDirectory() as directory:
        Path(directory, "services.yml").write_text(readme_services())
        for server in SERVERS:
            run(OPENSTACK, "server", "create", *KIND, *server, environment=cloud)
        return run(*PLAN, environment=cloud | APPEARANCE, directory=directory)


def draw(output: str) -> str:
    """Return the picture of a terminal."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), shlex.join(PLAN)))
    console.print(Text.from_ansi(output.rstrip()))
    return WEB_FONT.sub("", console.export_svg(title="services.yml", theme=DIMMED_MONOKAI, unique_id="plan"))


def main() -> int:
    """Draw it."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(plan()))
    print(PICTURE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
