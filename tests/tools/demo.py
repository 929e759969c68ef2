# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the quickstart on the test cloud: the plan, the apply, a run that changes nothing, the result, and an audit.

``make demo`` runs it, with the cloud started and the environment pointing there.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLOUDS_FILE = os.environ["OS_CLIENT_CONFIG_FILE"]
SERVER = "demo-vm"
GROUPS = ("allow-ssh-from-anywhere", "web", "db")

OPENSTACK = ".cloud/venv/bin/openstack"
QUICKSTART = (
    ".venv/bin/ansible-playbook",
    "portcullis.openstack.quickstart",
    "-e",
    f"quickstart_server={SERVER}",
)

PAGE = ROOT / ".cache" / "demo" / "audit.html"
AUDIT = (
    ".venv/bin/ansible-playbook",
    "portcullis.openstack.audit",
    "-e",
    f"audit_page={PAGE.relative_to(ROOT)}",
)

# No remarks on the missing inventory, and tables of a width that people can read.
QUIET = {
    "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "CLIFF_MAX_TERM_WIDTH": "160",
}

FAREWELL = f"""\
The cloud keeps running. Its clouds.yaml: {CLOUDS_FILE}

Try next:
  export OS_CLIENT_CONFIG_FILE={shlex.quote(CLOUDS_FILE)} OS_CLOUD=demo
  # open a port by hand, see the plan that closes it, and apply the plan
  {OPENSTACK} security group rule create db --protocol tcp --dst-port 5432:5432 --remote-ip 0.0.0.0/0
  {shlex.join(QUICKSTART)} --check --diff
  {shlex.join(QUICKSTART)} --diff

Stop the cloud:
  make cloud-stop

Who can reach what, in a browser: {PAGE}
"""


class DemoError(Exception):
    """A step did not end as it should."""


def heading(text: str) -> None:
    """Say what comes next."""
    print(f"\n===== {text} =====", flush=True)


def run(*command: str) -> str:
    """Show a command, run it, show its output, and return that."""
    print(f"$ {shlex.join(command)}", flush=True)
    lines = []
    # Ansible colours what goes to a terminal, and this goes there by way of a pipe.
    colour = {"ANSIBLE_FORCE_COLOR": "true"} if sys.stdout.isatty() and "NO_COLOR" not in os.environ else {}
    environment = os.environ | QUIET | colour
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise DemoError(f"`{shlex.join(command)}` failed with exit code {process.returncode}.")
    return "".join(lines)


def ensure_server() -> None:
    """Start the instance to protect, unless it exists."""
    listing = [OPENSTACK, "server", "list", "--name", f"^{SERVER}$", "-f", "value", "-c", "ID"]
    if subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip():
        print(f"{SERVER} is there.")
        return
    created_as = ("--image", "cirros", "--flavor", "m1.tiny", "--network", "demo", "--wait")
    shown = ("-c", "name", "-c", "status", "-c", "addresses", "-c", "security_groups")
    run(OPENSTACK, "server", "create", *created_as, *shown, SERVER)


def expect_no_change(output: str) -> None:
    """Check the summary of a playbook's run."""
    if "Nothing to change." not in output:
        raise DemoError("The second run should have changed nothing.")


def show_groups() -> None:
    """Show the groups and the instance that has them, as people who type the commands see it."""
    for group in GROUPS:
        run(OPENSTACK, "security", "group", "show", group)
    run(OPENSTACK, "server", "show", SERVER, "-c", "name", "-c", "security_groups")


def main() -> int:
    """Go through the steps; the first that goes wrong ends the demo."""
    try:
        heading("An instance to protect")
        ensure_server()
        heading("The plan: nothing is changed yet")
        run(*QUICKSTART, "--check", "--diff")
        heading("The apply: the same, for real")
        run(*QUICKSTART, "--diff")
        heading("A second run: nothing left to change")
        expect_no_change(run(*QUICKSTART, "--diff"))
        heading("The result")
        show_groups()
        heading("Who can reach what")
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        run(*AUDIT)
    except (DemoError, subprocess.CalledProcessError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    print(f"\n{FAREWELL}", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
