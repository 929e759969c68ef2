# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run checks with the oldest and the newest of what the collection supports, and import it as Galaxy does.

Usage: matrix.py [ENV-COMMAND...]

The words are put before the tests' own commands, to give them their environment. Virtual environments are made in
``.cache/matrix``. A combination whose Python is not on this machine is named as not run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache" / "matrix"
COLLECTION = Path("ansible_collections", "portcullis", "openstack")

TEST_TOOLS = ("hypothesis", "pytest", "pytest-socket", "trustme")
# Every module does its work, logs in and fails on the real cloud; and what the SDK makes of lines that break.
INTEGRATION = [f"tests/integration/test_{name}.py" for name in ("examples", "modules", "proxy")]

IMPORTER = "galaxy-importer==0.4.44"
IMPORTED = "Importer processing completed successfully"


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
    """Yield the oldest of everything, the newest, and what is between."""
    (lower_bound,) = (line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("open"))
    yield Combination("3.10", "2.16", lower_bound.replace(">=", "=="))
    yield Combination("3.11", "2.19", "openstacksdk")
    yield Combination("3.13", "2.21", "openstacksdk")


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    name: str
    good: bool
    seconds: float

    def __str__(self) -> str:
        """Show it as an entry of the summary."""
        return f"{self.name} {'ok' if self.good else 'FAILED'} ({self.seconds:.0f} s)"


class Environment:
    """A virtual environment and the commands that are run in it."""

    def __init__(self, name: str, wrapper: Iterable[str]) -> None:
        self.folder = WORK / name
        self.tools = self.folder / "bin"
        self._wrapper = list(wrapper)

    def make(self, python: str, *requirements: str) -> bool:
        """Install what is required: as new as this Python takes, but nothing newer than what the other checks have."""
        constraints = WORK / "constraints.txt"
        constraints.parent.mkdir(parents=True, exist_ok=True)
        constraints.write_text((ROOT / "tests" / "requirements.txt").read_text().replace("==", "<="))
        install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check", "-c"]
        return passes(python, "-m", "venv", self.folder) and passes(
            self.tools / "python", *install, constraints, *requirements
        )

    def link_collection(self) -> None:
        """Put the checkout where Ansible looks for collections."""
        (packages,) = self.folder.glob("lib/python3.*/site-packages")
        place = packages / COLLECTION
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(ROOT)

    def command(self, tool: str, *arguments: str | Path) -> list[str]:
        """Return the command that runs a tool of this environment."""
        path = f"PATH={self.tools}{os.pathsep}{os.environ['PATH']}"
        return ["env", *self._wrapper, path, str(self.tools / tool), *map(str, arguments)]


def interpreter(version: str) -> str | None:
    """Return a Python of a version that works; those that pyenv puts on the path do so only where it is told to."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    path = [*map(Path, os.get_exec_path()), *pyenv.glob(f"versions/{version}.*/bin")]
    for program in (folder / f"python{version}" for folder in path):
        works: list[str | Path] = [program, "-c", "import ensurepip"]
        if program.exists() and not subprocess.run(works, capture_output=True, check=False).returncode:
            return str(program)
    return None


def passes(*command: str | Path, cwd: Path = ROOT) -> bool:
    """Run a command and return whether it ends well."""
    return subprocess.run(command, cwd=cwd, check=False).returncode == 0


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
        yield timed("unit", lambda: passes(*environment.command("pytest", "-q", "--disable-socket", "tests/unit")))
        yield timed("integration", lambda: passes(*environment.command("pytest", "-q", *INTEGRATION)))


def check_import(wrapper: list[str]) -> Iterator[Outcome]:
    """Build the collection, import it as Galaxy does, and yield how that ended: well without an error or a warning."""
    environment = Environment("importer", wrapper)
    made = timed("environment", lambda: environment.make(sys.executable, IMPORTER))
    yield made
    if made.good:
        yield timed("import", lambda: imports(environment))


def imports(environment: Environment) -> bool:
    """Return whether the importer takes the collection. Its exit code is 0 whatever it finds."""
    artefacts = environment.folder / "artefacts"
    shutil.rmtree(artefacts, ignore_errors=True)
    if not passes(*environment.command("ansible-galaxy", "collection", "build", "--output-path", artefacts, ROOT)):
        return False
    (artefact,) = artefacts.glob("*.tar.gz")
    command = environment.command("python", "-m", "galaxy_importer.main", artefact)
    required = {**os.environ, "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "true"}
    log = subprocess.run(command, cwd=artefacts, env=required, stdout=subprocess.PIPE, text=True, check=False).stdout
    print(log, flush=True)
    return IMPORTED in log and not any(line.startswith(("WARNING", "ERROR")) for line in log.splitlines())


def timed(name: str, work: Callable[[], bool]) -> Outcome:
    """Do a check and return how it ended."""
    print(f"\n===== {name} =====", flush=True)
    start = time.monotonic()
    good = work()
    return Outcome(name, good, time.monotonic() - start)


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
    none = not table
    table[IMPORTER.replace("==", " ")] = list(check_import(wrapper))
    print("\n===== summary =====")
    for name, outcomes in table.items():
        print(f"  {name:<52} {', '.join(map(str, outcomes))}")
    for combination in missing:
        print(f"  {combination!s:<52} not run: there is no Python {combination.python}")
    return int(none or not all(outcome.good for outcomes in table.values() for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
