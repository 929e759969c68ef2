# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run checks with every ansible-core that the collection supports, from the oldest SDK and Python to the newest.

And on every release of OpenStack that the test cloud has, besides the newest, which all other tests are run on.

Usage: matrix.py [ENV-COMMAND...]

The words are put before the tests' own commands, to give them their environment. A combination whose Python is not on
this machine is not run, which fails like one that is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.portcullis.openstack.tests.tools.environment import ROOT, Environment, passes
from ansible_collections.portcullis.openstack.tests.tools.steps import Outcome, timed

TEST_TOOLS = ("hypothesis", "pytest", "pytest-socket", "pytest-xdist", "trustme")
PYTEST = ("pytest", "-q", "--numprocesses", "auto", "--maxprocesses", "4", "--dist", "worksteal")
# Every module does its work, logs in and fails on the real cloud; what Ansible makes of omitted, misspelt and mistyped
# values; the filters of the audit; and what the SDK makes of lines that break.
INTEGRATION = [f"tests/integration/test_{name}.py" for name in ("audit", "examples", "modules", "proxy", "words")]

OLDEST_CORE = "2.16"
OLDEST_OPENSTACK = "train"
ON_THE_OLDEST = [f"tests/integration/test_{name}.py" for name in ("set_lifecycle", "role_service_groups", "attach")]


@dataclass(frozen=True)
class Combination:
    """A Python, an ansible-core and an SDK that go together."""

    python: str
    ansible_core: str
    sdk: str

    def __str__(self) -> str:
        """Show it as a line of the summary."""
        return f"Python {self.python}, ansible-core {self.ansible_core}, {self.sdk.replace('==', ' ')}"


def combinations() -> Iterator[Combination]:
    """Yield the oldest of everything, the newest, and every ansible-core between, with a Python that it runs on."""
    (lower_bound,) = (line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("open"))
    yield Combination("3.10", OLDEST_CORE, lower_bound.replace(">=", "=="))
    for python, releases in {"3.11": ("2.17", "2.18", "2.19"), "3.13": ("2.20", "2.21")}.items():
        yield from (Combination(python, ansible_core, "openstacksdk") for ansible_core in releases)


def interpreter(version: str) -> str | None:
    """Return a Python of a version that works; those that pyenv puts on the path do so only for a selected version."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    path = [*map(Path, os.get_exec_path()), *pyenv.glob(f"versions/{version}.*/bin")]
    for program in (folder / f"python{version}" for folder in path):
        works: list[str | Path] = [program, "-c", "import ensurepip"]
        if program.exists() and not subprocess.run(works, capture_output=True, check=False).returncode:
            return str(program)
    return None


def check(combination: Combination, python: str, wrapper: list[str]) -> Iterator[Outcome]:
    """Make a combination's environment, run the checks in it, and yield how each ended."""
    environment = Environment(f"{combination.python}-{combination.ansible_core}", wrapper)
    core = f"ansible-core=={combination.ansible_core}.*"
    made = timed("environment", lambda: environment.make(python, core, combination.sdk, *TEST_TOOLS))
    yield made
    if made.good:
        environment.link_collection()
        # This one takes its own environment from the Python that runs it.
        yield timed("sanity", lambda: passes(environment.tools / "python", "tests/tools/sanity.py"))
        yield timed("unit", lambda: passes(*environment.command(*PYTEST, "--disable-socket", "tests/unit")))
        yield timed("integration", lambda: passes(*environment.command(*PYTEST, *INTEGRATION)))
        if combination.ansible_core == OLDEST_CORE:
            yield timed(f"OpenStack {OLDEST_OPENSTACK}", lambda: check_oldest(environment))


def check_oldest(environment: Environment) -> bool:
    """Install the oldest OpenStack, run tests on it in an environment, and return whether all that ended well."""
    installed = passes("make", "--no-print-directory", f".cloud/releases/{OLDEST_OPENSTACK}/.ready")
    tests = ["--release", OLDEST_OPENSTACK, *ON_THE_OLDEST]
    return installed and passes(*environment.command(*PYTEST, *tests))


def older_releases() -> list[str]:
    """Return the releases of OpenStack that the test cloud has, but for the newest."""
    names = sorted(path.stem for path in (ROOT / "tests" / "cloud" / "releases").glob("*.txt"))
    # Those before 2023 have names, which sort after the years.
    newest = max(name for name in names if name[0].isdecimal())
    return [name for name in names if name != newest]


def check_release(name: str) -> Outcome:
    """Run what depends on the release of OpenStack on one of them, and return how that ended."""
    return timed(f"OpenStack {name}", lambda: passes("make", "--no-print-directory", "older", f"RELEASE={name}"))


def main() -> int:
    """Run all checks, also after one that fails, and show a table of them."""
    wrapper = sys.argv[1:]
    table: dict[str, list[Outcome]] = {}
    missing = []
    for combination in combinations():
        python = interpreter(combination.python)
        if python is None:
            missing.append(combination)
            continue
        print(f"\n========== {combination} ==========", flush=True)
        table[str(combination)] = list(check(combination, python, wrapper))
    for name in older_releases():
        table[f"OpenStack {name}, with the newest of all else"] = [check_release(name)]
    print("\n===== summary =====")
    for name, outcomes in table.items():
        print(f"  {name:<52} {', '.join(map(str, outcomes))}")
    for combination in missing:
        print(f"  {combination!s:<52} not run: there is no Python {combination.python}")
    return int(bool(missing) or not all(outcome.good for outcomes in table.values() for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
