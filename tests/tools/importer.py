# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection and import it as Galaxy does, with an error for every warning.

Usage: importer.py [ENV-COMMAND...]

The words are put before the importer's command, to give it its environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from ansible_collections.portcullis.openstack.tests.tools.environment import ROOT, Environment, passes

IMPORTER = "galaxy-importer==0.4.44"
IMPORTED = "Importer processing completed successfully"


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


def main() -> int:
    """Install the importer, unless it is there, and run it."""
    environment = Environment("importer", sys.argv[1:])
    return int(not (environment.make(sys.executable, IMPORTER) and imports(environment)))


if __name__ == "__main__":
    sys.exit(main())
