# SPDX-License-Identifier: LGPL-2.1-or-later
"""The networks that calls are made in, by name; lab.py explains the lines."""

import itertools

# address-dependent mappings are rare and left out; test-lab.py knows them
NATS = [f"{mapping}+{filtering}" for mapping in ("eim", "apdm") for filtering in ("eif", "adf", "apdf")]
LINUX = ["masquerade", "masquerade-random"]


def _behind(left, right):
    return f"left: {left} > internet\nright: {right} > internet"


NETWORKS = {
    "public, public": "left: internet\nright: internet",
    "same LAN": """
        left: home
        right: home
        home: masquerade > internet""",
    "same LAN, no way out": """
        left: home
        right: home
        home: tcp-only > internet""",
}
NETWORKS |= {f"{nat}, public": f"left: {nat} > internet\nright: internet" for nat in NATS + LINUX}
NETWORKS |= {f"{left}, {right}": _behind(left, right)
             for kinds in (NATS, LINUX) for left, right in itertools.combinations_with_replacement(kinds, 2)}
NETWORKS |= {
    "double NAT, NAT": _behind("eim+apdf > eim+apdf", "eim+apdf"),
    "double NAT, double NAT": _behind("eim+apdf > eim+eif", "eim+adf > eim+apdf"),
    "double NAT with a symmetric one, NAT": _behind("apdm+apdf > eim+apdf", "eim+apdf"),
    "double NAT with a symmetric one, open NAT": _behind("eim+apdf > apdm+apdf", "eim+eif"),
    "one carrier's NAT": """
        left: eim+apdf > carrier
        right: eim+apdf > carrier
        carrier: eim+apdf > internet""",
    "one carrier's NAT that hairpins": """
        left: eim+apdf > carrier
        right: eim+apdf > carrier
        carrier: eim+apdf+hairpin > internet""",
    "UDP blocked, public": _behind("tcp-only", "router"),
    "UDP blocked, NAT": _behind("tcp-only", "eim+apdf"),
    "UDP blocked, symmetric NAT": _behind("tcp-only", "apdm+apdf"),
    "UDP blocked, UDP blocked": _behind("tcp-only", "tcp-only"),
    "firewall, firewall": _behind("firewall", "firewall"),
    "firewall, symmetric NAT": _behind("firewall", "apdm+apdf"),
    "IPv6 only": "left/6: internet\nright/6: internet",
    "IPv6 only, firewalls": "left/6: firewall > internet\nright/6: firewall > internet",
    "dual stack": "left/46: internet\nright/46: internet",
    "dual stack, symmetric NATs": "left/46: apdm+apdf > internet\nright/46: apdm+apdf > internet",
    "dual stack, IPv4 behind a NAT": "left/46: eim+apdf > internet\nright: eim+apdf > internet",
    "IPv6 only, IPv4 only": "left/6: internet\nright: internet",
    "two interfaces, public": """
        left: wifi, mobile
        wifi: masquerade > internet
        mobile: masquerade > internet
        right: internet""",
    "two interfaces, NAT": """
        left: wifi, mobile
        wifi: apdm+apdf > internet
        mobile: eim+apdf > internet
        right: eim+apdf > internet""",
}
