# SPDX-License-Identifier: LGPL-2.1-or-later
"""What stands between two networks: nftables rules for each kind of box, and what
it is in the words of RFC 4787. test-lab.py probes every one.

There are two families of NATs. `masquerade` and `masquerade-random` are what
Linux routers do; conntrack lets nothing in that does not answer. The others are
put together from maps, without conntrack, so that they are exactly of one kind:

    EIM, ADM, APDM   mapping: endpoint-independent, address-dependent,
                     address-and-port-dependent (symmetric)
    EIF, ADF, APDF   filtering, likewise
"""

import dataclasses
import itertools


@dataclasses.dataclass(frozen=True)
class Behaviour:
    mapping: str | None  # None: no translation
    filtering: str | None  # None: lets everything in
    hairpin: bool = False
    udp: bool = True


MAPPINGS = {"eim": "ip saddr . udp sport",
            "adm": "ip saddr . udp sport . ip daddr",
            "apdm": "ip saddr . udp sport . ip daddr . udp dport"}
# who may send to a port: whom it was used for, as seen from outside and inside
FILTERS = {"eif": ("udp dport", "udp sport"),
           "adf": ("udp dport . ip saddr", "udp sport . ip daddr"),
           "apdf": ("udp dport . ip saddr . udp sport", "udp sport . ip daddr . udp dport")}
_TYPES = {"ip saddr": "ipv4_addr", "ip daddr": "ipv4_addr", "udp sport": "inet_service", "udp dport": "inet_service"}

KINDS = {f"{m}+{f}": Behaviour(m, f) for m, f in itertools.product(MAPPINGS, FILTERS)}
KINDS |= {f"eim+{f}+hairpin": Behaviour("eim", f, hairpin=True) for f in FILTERS}
KINDS |= {
    "masquerade": Behaviour("eim", "apdf"),  # while no two hosts use the same port
    "masquerade-random": Behaviour("apdm", "apdf"),
    "one-to-one": Behaviour("eim", "eif"),  # an address outside for the host inside
    "firewall": Behaviour(None, "apdf"),
    "tcp-only": Behaviour(None, None, udp=False),
    "router": Behaviour(None, None),
}

# Nobody outside gets to the box itself. A datagram that did would be remembered
# by conntrack, and the flow that it asks for would then get another port.
_OWN = """
    chain own {
        type filter hook input priority filter;
        iifname "wan" ct state new drop
    }
"""


def _firewall(family, what="iifname \"wan\" ct state new drop"):
    return f"""
table {family} firewall {{
    chain forward {{
        type filter hook forward priority filter;
        {what}
    }}
}}
"""


def _type(key):
    return " . ".join(_TYPES[part] for part in key.split(" . "))


# of one box, each with its port
_MAPPINGS = 4096
_PORTS = ", ".join(f"{i} : {20000 + i}" for i in range(1, _MAPPINGS + 1))


def _translate_udp(behaviour, address, network):
    """Each mapping is a number, which is the mark of its datagrams."""
    mapping, (arriving, leaving) = MAPPINGS[behaviour.mapping], FILTERS[behaviour.filtering]
    back = "jump inwards" if behaviour.hairpin else "drop"
    return f"""
    map mappings {{ type {_type(mapping)} : mark; flags dynamic; size 65535; }}
    map ports {{ type mark : inet_service; elements = {{ {_PORTS} }}; }}
    map hosts {{ type mark : ipv4_addr; flags dynamic; size 65535; }}
    map host_ports {{ type mark : inet_service; flags dynamic; size 65535; }}
    map passable {{ type {_type(leaving)} : mark; flags dynamic; size 65535; }}
    chain datagrams {{
        type filter hook prerouting priority raw;
        meta l4proto != udp accept
        notrack
        iifname "lan" ip daddr != {network} jump outwards
        iifname "wan" jump inwards
    }}
    chain begin {{
        add @mappings {{ {mapping} : numgen inc mod {_MAPPINGS} offset 1 }}
        meta mark set {mapping} map @mappings
        update @hosts {{ meta mark : ip saddr }}
        update @host_ports {{ meta mark : udp sport }}
    }}
    chain outwards {{
        meta mark set 0
        meta mark set {mapping} map @mappings
        meta mark 0 jump begin
        udp sport set meta mark map @ports
        ip saddr set {address}
        update @passable {{ {leaving} : meta mark }}
        ip daddr {address} {back}
    }}
    chain inwards {{
        meta mark set 0
        meta mark set {arriving} map @passable
        meta mark 0 drop
        ip daddr set meta mark map @hosts
        udp dport set meta mark map @host_ports
    }}
"""


def _one_to_one(address, host):
    return f"""
table ip nat {{
    chain inwards {{
        type nat hook prerouting priority dstnat;
        iifname "wan" dnat to {host}
    }}
    chain outwards {{
        type nat hook postrouting priority srcnat;
        oifname "wan" ip saddr {host} snat to {address}
    }}
}}
"""


def rules(kind, address, network):
    """For a box with that address on its outside, and that network inside."""
    behaviour = KINDS[kind]
    if kind == "router":
        return ""
    if kind == "firewall":
        return _firewall("inet")
    if kind == "tcp-only":
        return _firewall("inet", "meta l4proto udp drop")
    if kind == "one-to-one":
        return _one_to_one(address, network[2]) + _firewall("ip6")
    text = _OWN
    masquerade = 'oifname "wan" masquerade' + (" fully-random" if kind == "masquerade-random" else "")
    if not kind.startswith("masquerade"):
        text += _translate_udp(behaviour, address, network)
        masquerade = "meta l4proto != udp " + masquerade
    text += f"""
    chain translate {{
        type nat hook postrouting priority srcnat;
        {masquerade}
    }}
"""
    # IPv6 is not translated, but let in as IPv4 is
    return f"table ip nat {{\n{text}}}\n" + _firewall("ip6")


def prepare(space):
    """A datagram has the box's own address before it is routed; so it may come
    from inside."""
    space.sysctl({"ipv4/conf/lan/accept_local": 1})
