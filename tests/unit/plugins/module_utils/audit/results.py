# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of security_group_exposure_info to format."""

from __future__ import annotations

from typing import Any

INTERNET = {"kind": "internet", "name": "Internet"}
OFFICES = {"kind": "addresses", "name": "2 networks", "addresses": ["198.51.100.0/24", "2001:db8::/32"]}


def of_class(id_: str, name: str | None = None) -> dict[str, Any]:
    """Return an end of an exposure."""
    return {"kind": "class", "name": name or id_, "class": id_}


def port(server: str | None, name: str = "", *addresses: str) -> dict[str, Any]:
    return {"id": f"port-of-{server or name or 'nobody'}", "name": name, "server": server, "addresses": list(addresses)}


def port_class(id_: str, name: str | None = None, **differing: Any) -> dict[str, Any]:
    """Return a class of one instance, which the Internet reaches by no way that is seen."""
    return {
        "id": id_,
        "name": name or id_,
        "security_groups": [name or id_],
        "owners": [],
        "network": "demo",
        "families": ["IPv4", "IPv6"],
        "enforced": True,
        "public": [],
        "unknown": "",
        "instances": 1,
        "ports": [port(f"{id_}1")],
        **differing,
    }


def exposure(source: dict[str, Any], target: dict[str, Any], *traffic: str, **differing: Any) -> dict[str, Any]:
    """Return an exposure of one instance in both families, by a rule that has its own name."""
    return {
        "from": source,
        "to": target,
        "families": ["IPv4", "IPv6"],
        "traffic": list(traffic),
        "services": [],
        "verdict": "allowed",
        "reason": "",
        "path": "same_network",
        "instances": 1,
        "security_groups": ["web"],
        "rules": [],
        **differing,
    }


def answer(**differing: Any) -> dict[str, Any]:
    """Return an answer to whether the Internet reaches a database."""
    return {
        "from": "internet",
        "to": "db",
        "protocol": "tcp",
        "port": 5432,
        "verdict": "denied",
        "reason": "no rule of db allows ingress IPv4 tcp 5432 from the Internet",
        "rules": [],
        "path": "none_seen",
        **differing,
    }


def result(*exposures: dict[str, Any], **differing: Any) -> dict[str, Any]:
    """Return a result; its classes are those of the exposures, and further ones."""
    ends = [one[end] for one in exposures for end in ("from", "to")]
    classes = {end["class"]: port_class(end["class"], end["name"]) for end in ends if end["kind"] == "class"}
    classes |= {one["id"]: one for one in differing.pop("classes", ())}
    return {
        "classes": list(classes.values()),
        "exposures": list(exposures),
        "rules": {},
        "answers": [],
        "assumptions": [],
        "unknown": [],
        "summary": "The Internet reaches 1 service on 1 instance.",
        **differing,
    }
