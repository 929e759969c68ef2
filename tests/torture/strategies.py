# Copyright (c) Portcullis contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that are right, nearly right, or hostile, drawn from a module's or a role's own argument spec.

A new option is drawn from as soon as it is in the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Spec = Mapping[str, Mapping[str, Any]]
Values = st.SearchStrategy[Any]

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
# Names that a careless client would send as something else, or find something else by.
AWKWARD_NAMES = [
    "a&name=web",
    "a=b",
    "a#b",
    "a?b",
    "a/b",
    "../a",
    "a%2Fb",
    "100%",
    "a+b",
    "a b",
    "a, b",
    "it's",
    'say "hi"',
    "`id`",
    "back\\slash",
    "{{ x }}",
    "{% raw %}",
    "*",
    "[a-z]",
    "new:web",
    "PARENT",
    "anywhere",
    "null",
    "0",
    "Grün-日本",
    "e\N{COMBINING ACUTE ACCENT}",
    UNKNOWN_ID,
    UNKNOWN_ID.replace("-", ""),
]
HOSTILE_TEXTS = [
    "",
    " ",
    ".",
    "..",
    " padded ",
    "a\0b",
    "a\nb",
    "a\r\nchanged: [localhost]",
    "a\x1b[31mb",
    "a\x7fb",
    "a\x85b",
    "a\N{RIGHT-TO-LEFT OVERRIDE}b",
    "a\N{LINE SEPARATOR}b",
    "a\ud800b",
    "\udcff",
    "\uffff",
    "\N{GRINNING FACE}",
    "\N{GRINNING FACE}" * 255,
    "x" * 255,
    "x" * 256,
    "x" * 300,
    "日" * 300,
    "x" * 10_000,
    "1" * 5000,
    "9" * 30,
    "-1",
    "٣",
    "1e3",
    "0x16",
    "tcp\n",
    "22:22:22",
    "::1%eth0",
    "10.0.0.1/33",
    "portcullis-owner:x",
]
NUMBERS = [0, -1, -2, 1, 22, 255, 256, 65535, 65536, 2**31, 2**63, 2**64, -(2**63), 10**30, 1.5, 1e300]
# What an option can hold, by its name; others of type str get names.
GOOD_TEXTS: dict[str, list[str]] = {
    "service": ["ssh", "https", "ping", "ipsec"],
    "protocol": ["tcp", "UDP", "6", "icmp", "icmpv6", "esp", "any", "200", "ipv6-frag"],
    "traffic": ["tcp/443", "udp/8000:8010", "icmp/8:0", "ipv6-icmp/128", "esp", "any"],
    "ports": ["22", "443", "8000:8010", "1-65535", "-1"],
    "remote_ip_prefix": ["anywhere", "192.0.2.0/24", "10.0.0.1/24", "2001:db8::/32", "::1", "0.0.0.0/0"],
    "description": ["", "Example", "\N{GRINNING FACE}"],
    "tags": ["blue", "a/b", "\N{GRINNING FACE}"],
    "owner": ["team-a", "x"],
    "project": [],
    "id": ["<id of web>", "<id of offices>", UNKNOWN_ID],
    "servers": ["web1", "web2", "db1"],
    "networks": ["demo", "demo2"],
    "shared_with": ["*"],
    "remote_address_group": ["offices", "<id of offices>"],
}
GOOD_TEXTS |= {
    "remote_ip_prefixes": GOOD_TEXTS["remote_ip_prefix"],
    "remote_ips": GOOD_TEXTS["remote_ip_prefix"],
    "addresses": GOOD_TEXTS["remote_ip_prefix"],
    "remote_address_groups": GOOD_TEXTS["remote_address_group"],
}
GOOD_NUMBERS = [-1, 0, 1, 8, 22, 443, 65535]
GOOD_MAPPINGS: dict[str, list[dict[str, Any]]] = {
    "catalogue": [{}, {"app": ["tcp/8443"]}, {"ssh": ["tcp/2222", "udp/1:2", "icmp/8:0"]}],
    "metadata": [{"role": "web"}, {"tier": "front"}],
}
NAMES = ["web", "db", "<id of web>", "new", "default", *AWKWARD_NAMES]

any_texts = st.one_of(
    st.sampled_from(HOSTILE_TEXTS), st.sampled_from(AWKWARD_NAMES), st.text(st.characters(), max_size=40)
)
# Ansible itself hands over no mapping with a key that is not Unicode.
_keys = any_texts.filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text))
_scalars = st.one_of(any_texts, st.sampled_from(NUMBERS), st.none(), st.booleans())
# Whatever JSON can hold.
anything = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(_keys, st.just("name")), inner, max_size=3)
    ),
    max_leaves=6,
)
huge_lists = st.one_of(
    st.sampled_from([300, 1000]).map(lambda size: [f"entry-{number}" for number in range(size)]),
    st.sampled_from([["x" * 300] * 30, [None] * 10, [[]], [{}], list(range(60))]),
)


def arguments(spec: Spec) -> st.SearchStrategy[dict[str, Any]]:
    """Draw arguments: most options left out or right, some not; sometimes one that does not exist."""
    return _options(spec, odd_keys=True)


@st.composite
def _options(draw: st.DrawFn, spec: Spec, *, odd_keys: bool = False) -> dict[str, Any]:
    # A handful of options: more of them contradict each other too often for anything but that error.
    likely = min(6, 80 // len(spec))
    drawn = {}
    for name, option in spec.items():
        # Filters write their errors there. A text with a colon is one of theirs, whoever has written it.
        if name == "error":
            continue
        dice = draw(st.integers(0, 19))
        if dice == 0:
            drawn[name] = draw(_bad(option))
        elif dice <= likely or (option.get("required") and dice < 19):
            drawn[name] = draw(_good(name, option))
    if odd_keys and draw(st.integers(0, 29)) == 0:
        drawn[draw(_keys)] = draw(anything)
    return drawn


def _good(name: str, option: Mapping[str, Any]) -> Values:
    """Draw a value of an option's type."""
    if "choices" in option:
        return st.sampled_from(option["choices"])
    kind = option.get("type", "str")
    if kind == "list":
        element = {**option, "type": option.get("elements", "str")}
        return st.lists(_good(name, element), max_size=3)
    if kind == "dict":
        return _options(option["options"]) if "options" in option else st.sampled_from(GOOD_MAPPINGS.get(name, [{}]))
    plain: dict[str, Values] = {"bool": st.booleans(), "int": st.sampled_from(GOOD_NUMBERS), "raw": anything}
    return plain[kind] if kind in plain else st.sampled_from(GOOD_TEXTS.get(name) or NAMES)


def _bad(option: Mapping[str, Any]) -> Values:
    """Draw a value that need not be of the option's type, or is of its type but out of bounds."""
    kind = option.get("elements", option.get("type", "str"))
    likely = {"str": any_texts, "int": st.sampled_from(NUMBERS)}.get(kind, anything)
    if option.get("type") == "dict" and "options" in option:
        # For a number or a list in place of such a mapping, Ansible's own validator raises TypeError.
        return anything.filter(lambda drawn: drawn is None or isinstance(drawn, (str, dict)))
    if option.get("type") != "list":
        return st.one_of(likely, anything)
    return st.one_of(st.lists(likely, min_size=1, max_size=3), huge_lists, anything)
