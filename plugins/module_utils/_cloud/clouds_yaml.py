# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a ``clouds.yaml`` makes no connection. The SDK skips files that it cannot read, and names none of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .._common.text import shown

# It comes with the SDK, and modules report its absence.
with suppress(ImportError):
    import yaml


def trouble(name: str | None, paths: Sequence[str]) -> str | None:
    """Return what is wrong with the file or with the choice of a cloud in it, or None if nothing is.

    Never quotes the file, which has passwords.

    :param name: the cloud that was asked for, if any
    :param paths: where the SDK looks for the file
    """
    # Path.exists raises an error for a folder that these users may not enter, up to Python 3.13.
    found = next((path for path in paths if os.path.exists(path)), None)  # noqa: PTH110
    if found is None:
        where = ", ".join(path for path in paths if path.endswith(".yaml"))
        return f"there is no clouds.yaml (looked for {where}). Create one, set OS_CLIENT_CONFIG_FILE or OS_AUTH_URL"
    try:
        content = yaml.safe_load(Path(found).read_text(encoding="utf-8"))
    except OSError as error:
        return f"{found} cannot be read: {error.strerror}"
    except (ValueError, yaml.YAMLError) as error:
        return f"{found} is not valid YAML{_place(error)}"
    clouds = content.get("clouds") if isinstance(content, Mapping) else None
    if not isinstance(clouds, Mapping) or not clouds:
        return f"{found} has no clouds; write a mapping of them under the key clouds"
    return _choice(name, found, clouds)


def _choice(name: str | None, path: str, clouds: Mapping[Any, Any]) -> str | None:
    names = ", ".join(shown(str(cloud)) for cloud in clouds)
    if name is None:
        return (
            f"no cloud is chosen, and {path} has {names}. Set OS_CLOUD or the option cloud" if len(clouds) > 1 else None
        )
    if name not in clouds:
        return f"there is no cloud {name!r} in {path}; it has {names}"
    if not isinstance(clouds[name], Mapping):
        return f"cloud {name!r} in {path} is not a mapping"
    return None


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
