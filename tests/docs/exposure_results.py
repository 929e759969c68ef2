# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of security_group_exposure_info to show on the page: a small project, hostile names, and a large project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, Final
from uuid import UUID

from ansible_collections.portcullis.openstack.tests.unit.plugins.module_utils.audit.results import (
    INTERNET,
    answer,
    exposure,
    of_class,
    port_class,
    result,
)

_RANDOM: Final = Random(23)
SCRIPT = "<script>window.attacked = true</script>"
HOSTILE: Final = (
    SCRIPT,
    "</script><script>window.attacked = true</script>",
    "<img src=x onerror='window.attacked=true'>",
    "\"'`--><!--",
    "Internet",
    "__proto__",
    "constructor",
    "web\u202egpj.exe",
    "\u05e9\u05dc\u05d5\u05dd",
    "tab\tnew\nline",
    "javascript:window.attacked=true",
    "x" * 255,
    "\U0001f512" * 255,
)

LB, LEGACY, BASTION, DB, METRICS = map(of_class, ("lb", "legacy", "bastion", "db", "metrics"))
WEB1, WEB2 = of_class("web #1", "web"), of_class("web #2", "web")
APPLIANCE: Final = of_class("without port security")
COUNTS: Final = {"bastion": 1, "db": 3, "lb": 2, "web #1": 4, "web #2": 2}
IPV4: Final[dict[str, Any]] = {"families": ["IPv4"]}
SHARED: Final = "security group shared-backup is shared: its members in other projects cannot be seen"


def identifier() -> str:
    """Return a UUID, which is the same in every run."""
    return str(UUID(int=_RANDOM.getrandbits(128), version=4))


def ports(name: str, count: int, network: int, *, ipv6: bool = True) -> list[dict[str, Any]]:
    """Return the ports of servers that are numbered."""
    found = []
    for number in range(1, count + 1):
        addresses = [f"10.0.{network}.{number + 9}", *([f"2001:db8:0:{network:x}::{number + 9:x}"] if ipv6 else [])]
        found.append({"id": identifier(), "name": "", "server": f"{name}-{number}", "addresses": addresses})
    return found


class Rules:
    """Collects rules while exposures name them."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, str]] = {}

    def add(self, group: str, text: str) -> str:
        """Return the id of a new rule."""
        id_ = identifier()
        self.all[id_] = {"security_group": group, "text": text}
        return id_

    def row(self, source: dict[str, Any], target: dict[str, Any], *traffic: str, **differing: Any) -> dict[str, Any]:
        """Return an exposure with the groups of its rules."""
        groups = sorted({self.all[rule]["security_group"] for rule in differing["rules"]})
        return exposure(source, target, *traffic, **{"security_groups": groups, **differing})


def addresses(name: str, *prefixes: str, kind: str = "addresses") -> dict[str, Any]:
    """Return an end that is no class."""
    return {"kind": kind, "name": name, "addresses": list(prefixes or (name,))}


@cache
def sample() -> dict[str, Any]:
    """Return the result of a small project with a bit of everything."""
    rules = Rules()
    exposures = [*_from_outside(rules), *_inside(rules), *_to_the_internet(rules)]
    made = result(
        *exposures,
        rules=dict(sorted(rules.all.items())),
        answers=_answers(exposures[0]["rules"]),
        assumptions=[
            "The network backend is not known; where backends differ, the wider reading counts.",
            "VPN services, peerings and other firewalls are not looked at.",
        ],
        unknown=["The rules of security group shared-backup cannot be seen: it belongs to another project."],
        summary="The Internet reaches 2 services on 3 instances; 1 answer is unknown.",
    )
    return {**made, "classes": _classes()}


def _from_outside(rules: Rules) -> Iterator[dict[str, Any]]:
    world = "from 0.0.0.0/0"
    https = [
        rules.add("lb", f"ingress {text} (customers)") for text in (f"IPv4 tcp 443 {world}", "IPv6 tcp 443 from ::/0")
    ]
    http = [rules.add("lb", f"ingress IPv4 {what} {world}") for what in ("tcp 80", "icmp 8:0")]
    public = {"path": "floating_ip"}
    yield rules.row(INTERNET, LB, "tcp/443", services=["https"], instances=2, rules=https, **public)
    yield rules.row(INTERNET, LB, "icmp/8:0", "tcp/80", services=["http"], instances=2, rules=http, **public, **IPV4)
    game = rules.add("legacy", f"ingress IPv4 udp 6000-6010 {world}")
    yield rules.row(INTERNET, LEGACY, "udp/6000-6010", rules=[game], **public, **IPV4)
    yield rules.row(INTERNET, APPLIANCE, "any", path="none_seen", rules=[])
    ssh = rules.add("bastion", "ingress IPv4 tcp 22 from 198.51.100.0/24 (office)")
    office = addresses("198.51.100.0/24")
    yield rules.row(office, BASTION, "tcp/22", services=["ssh"], rules=[ssh], **public, **IPV4)
    partner = rules.add("web", "ingress IPv4 tcp 8443 from address group partners")
    partners = addresses("partners", "192.0.2.64/26", "203.0.113.0/25", kind="address_group")
    yield rules.row(partners, WEB2, "tcp/8443", path="router", instances=2, rules=[partner], **IPV4)
    backup = rules.add("db", "ingress IPv4 tcp 9102 from group shared-backup")
    hidden = {"kind": "hidden_members", "name": "shared-backup"}
    unknown = {"verdict": "unknown", "reason": SHARED, "path": "unknown"}
    yield rules.row(hidden, DB, "tcp/9102", instances=3, rules=[backup], **unknown, **IPV4)


def _inside(rules: Rules) -> Iterator[dict[str, Any]]:
    """Yield what classes may send to each other, each by a rule of the source and one of the target."""
    for source, target, traffic, service, path in (
        (BASTION, DB, "tcp/22", "ssh", "router"),
        (BASTION, WEB1, "tcp/22", "ssh", "same_network"),
        (BASTION, WEB2, "tcp/22", "ssh", "router"),
        (LB, WEB1, "tcp/8080", None, "router"),
        (LB, WEB2, "tcp/8080", None, "router"),
        (WEB1, DB, "tcp/5432", "postgresql", "router"),
        (WEB2, DB, "tcp/5432", "postgresql", "same_network"),
        (DB, DB, "tcp/5432", "postgresql", "same_network"),
        *((METRICS, end, "tcp/9100", "node-exporter", "router") for end in (BASTION, LB, WEB1, WEB2, DB)),
    ):
        group, port = target["name"], traffic.removeprefix("tcp/")
        both = [
            rules.add(source["name"], "egress IPv4 any to 0.0.0.0/0"),
            rules.add(group, f"ingress IPv4 tcp {port} from group {source['name']}"),
        ]
        services = [service] if service else []
        yield rules.row(
            source, target, traffic, services=services, path=path, instances=COUNTS[target["class"]], rules=both, **IPV4
        )


def _to_the_internet(rules: Rules) -> Iterator[dict[str, Any]]:
    for end, path in ((BASTION, "floating_ip"), (DB, "none_seen"), (LB, "floating_ip"), (WEB1, "none_seen")):
        rule = rules.add(end["name"], "egress IPv4 any to 0.0.0.0/0")
        yield rules.row(end, INTERNET, "any", instances=COUNTS[end["class"]], path=path, rules=[rule], **IPV4)


def _classes() -> list[dict[str, Any]]:
    public: dict[str, Any] = {"public": ["floating_ip"]}
    shop: dict[str, Any] = {"owners": ["shop"]}
    uplink = {"id": identifier(), "name": "appliance-uplink", "server": None, "addresses": ["10.0.9.4"]}
    of_game = ports("game", 1, 0, ipv6=False)
    return [
        port_class("bastion", ports=ports("bastion", 1, 0), **public, **shop),
        port_class("db", instances=3, ports=ports("db", 3, 2), network="data", **shop),
        port_class("lb", instances=2, ports=ports("lb", 2, 0), network="edge", **public, **shop),
        port_class("legacy", ports=of_game, families=["IPv4"], **public),
        port_class("metrics", ports=ports("metrics", 1, 3), owners=["ops"], network="ops"),
        port_class("web #1", "web", instances=4, ports=ports("web", 4, 0), **shop),
        port_class("web #2", "web", instances=2, ports=ports("web-data", 2, 2), network="data", **shop),
        port_class("without port security", security_groups=[], enforced=False, ports=[uplink]),
        port_class("without security groups", security_groups=[], ports=ports("spare", 1, 4)),
    ]


def _answers(https: list[str]) -> list[dict[str, Any]]:
    allows = "lb allows ingress IPv4 tcp 443 from 0.0.0.0/0\nlb allows ingress IPv6 tcp 443 from ::/0"
    allowed = {"verdict": "allowed", "reason": allows, "rules": https, "path": "floating_ip"}
    shared = {"from": "group:shared-backup", "verdict": "unknown", "reason": SHARED, "path": "unknown"}
    partly = {
        "from": "bastion",
        "verdict": "partly",
        "reason": "tcp 22 is allowed, other traffic is not",
        "path": "router",
    }
    return [
        answer(expected="denied"),
        answer(to="lb", port=443, expected="denied", **allowed),
        answer(to="db", port="9102-9110", **shared),
        answer(to="network:data", protocol=None, port=None, **partly),
    ]


@cache
def hostile() -> dict[str, Any]:
    """Return a result in which everything has names that could do harm."""
    rules = Rules()
    exposures, classes = [], []
    for number, name in enumerate(HOSTILE):
        rule = rules.add(name, f"ingress IPv4 tcp 443 from 0.0.0.0/0 ({name})")
        end = of_class(f"{name} #1", name)
        exposures += [
            rules.row(INTERNET, end, "tcp/443", services=[], path="floating_ip", rules=[rule]),
            rules.row(
                addresses(name, "192.0.2.0/24", kind="address_group"),
                end,
                "tcp/443",
                rules=[rule],
                verdict="unknown",
                reason=name,
            ),
        ]
        port = {"id": identifier(), "name": name, "server": name, "addresses": [f"192.0.2.{number}"]}
        classes.append(port_class(end["class"], name, ports=[port], owners=[name], network=name, unknown=name))
    return result(
        *exposures,
        classes=classes,
        rules=rules.all,
        answers=[answer(**{"from": name, "to": name, "reason": name}) for name in HOSTILE],
        assumptions=list(HOSTILE),
        unknown=list(HOSTILE),
        summary=SCRIPT,
    )


@cache
def large(groups: int = 1000, ports_of_each: int = 10) -> dict[str, Any]:
    """Return the result of a project whose groups have 20 rules each, all of which some connection names.

    Every other group is in two networks, and so has two classes.
    """
    names = [f"team-{number % 20:02}-service-{number:04}" for number in range(groups)]
    rules = Rules()
    ends: dict[str, list[dict[str, Any]]] = defaultdict(list)
    classes = []
    for number, name in enumerate(names):
        count = 1 + number % 2
        for network in range(count):
            id_ = name if count == 1 else f"{name} #{network + 1}"
            own = ports(id_.replace(" #", "-"), ports_of_each // count, number % 250, ipv6=False)
            ends[name].append(of_class(id_, name))
            details = {"network": f"net-{number % 50}", "owners": [name[:7]], "instances": len(own), "ports": own}
            classes.append(port_class(id_, name, **details))
    exposures = []
    for number in range(groups):
        exposures += _of_group(number, names, rules, ends)
    return result(
        *sorted(
            exposures, key=lambda row: (row["from"]["kind"] != "internet", row["from"]["kind"], row["from"]["name"])
        ),
        classes=sorted(classes, key=lambda one: str(one["id"])),
        rules=rules.all,
        summary=f"The Internet reaches 50 services on {50 * ports_of_each} instances.",
    )


def _of_group(
    number: int, names: list[str], rules: Rules, ends: dict[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Return the exposures of a group with 20 rules: to the Internet, from prefixes, and from other groups."""
    name = names[number]
    out = [
        rules.add(name, f"egress {family} any to {world}")
        for family, world in (("IPv4", "0.0.0.0/0"), ("IPv6", "::/0"))
    ]
    web = rules.add(name, f"ingress IPv4 tcp 443 from {'0.0.0.0/0' if number % 20 == 0 else '10.0.0.0/8'}")
    outside = INTERNET if number % 20 == 0 else addresses("10.0.0.0/8")
    count = {"instances": 10 // len(ends[name])}
    found = []
    for end in ends[name]:
        found.append(rules.row(outside, end, "tcp/443", services=["https"], path="floating_ip", rules=[web], **count))
        found.append(rules.row(end, INTERNET, "any", path="floating_ip", rules=out, **count))
    for prefix in range(5):
        offices = f"198.51.{(number + prefix) % 256}.0/24"
        rule = rules.add(name, f"ingress IPv4 tcp {8000 + prefix} from {offices}")
        found += [
            rules.row(addresses(offices), end, f"tcp/{8000 + prefix}", rules=[rule], **count) for end in ends[name]
        ]
    for step in range(12):
        other = names[(number + 37 * step + 1) % len(names)]
        low = 5000 + 10 * (number % 40) + step
        rule = rules.add(name, f"ingress IPv4 tcp {low}-{low + 3} from group {other}")
        found += [
            rules.row(source, end, f"tcp/{low}-{low + 3}", path="router", rules=[rule], **count)
            for source in ends[other]
            for end in ends[name]
        ]
    return found
