# SPDX-License-Identifier: LGPL-2.1-or-later
"""What ICE (RFC 8445) must make of a network, from what its boxes do in the words
of RFC 4787: the types of the candidates of the pair that is used.

A datagram that one end sends to the other's known address (host, or the one that
the STUN server saw) must be let in there, and the answer must come from the
address that was asked. So one end at least needs a mapping that is the same
whomever it sends to; and where the other end's is not, its datagrams come from a
port that was never sent to, which only endpoint-independent and
address-dependent filtering let in."""

import dataclasses
import itertools

from boxes import KINDS
from lab import HOSTS, INTERNET

FILTERS = [None, "eif", "adf", "apdf"]  # strict ones last


@dataclasses.dataclass(frozen=True)
class Way:
    """What a host has between it and where the two meet."""
    mapping: str | None
    filtering: str | None
    udp: bool

    @property
    def is_constant(self):
        return self.mapping in (None, "eim")

    @property
    def type(self):
        """Of the candidate that its datagrams seem to come from."""
        return {None: "host", "eim": "srflx"}.get(self.mapping, "prflx")


@dataclasses.dataclass(frozen=True)
class Expectation:
    """Types of candidates, (left's, right's): of the pairs that are best, and of
    others that work. None at all: it fails."""
    best: frozenset
    others: frozenset = frozenset()


def _boxes(nodes, place):
    while place != INTERNET:
        yield nodes[place]
        place = nodes[place].places[0]


def _way(boxes, version):
    kinds = [KINDS[box.kind] for box in boxes]
    if version == 6:  # nobody translates it
        kinds = [dataclasses.replace(k, mapping=None, filtering="apdf" if k.mapping else k.filtering) for k in kinds]
    mappings = {k.mapping for k in kinds} - {None}
    mapping = mappings.pop() if len(mappings) == 1 else "apdm" if mappings else None
    return Way(mapping, max((k.filtering for k in kinds), key=FILTERS.index, default=None), all(k.udp for k in kinds))


def _meeting(nodes, places, version, protocol="udp"):
    """The ways of two interfaces of the hosts to where they meet; None: they do not."""
    boxes = [list(_boxes(nodes, place)) for place in places]
    shared = [box for box in boxes[0] if box in boxes[1]]
    inner = [[box for box in its if box not in shared] for its in boxes]
    ways = [_way(its, version) for its in inner]
    if shared and KINDS[shared[0].kind].mapping and any(way.mapping for way in ways):
        # known by their addresses outside, so that what they share must send back in
        if not KINDS[shared[0].kind].hairpin:
            return None
        ways = [_way(its + shared, version) for its in inner]
    return ways if protocol == "tcp" or all(way.udp for way in ways) else None


def _connects(left, right):
    for one, other in (left, right), (right, left):
        if not one.is_constant and (not other.is_constant or other.filtering == "apdf"):
            return False
    return True


def _best(pairs):
    """That with the highest priority, RFC 8445 section 5.1.2."""
    order = ["host", "prflx", "srflx"]
    return min(pairs, key=lambda pair: sorted(map(order.index, pair), reverse=True))


def _relayed(nodes):
    """One relay is enough where the other end gets to it; relays have IPv4."""
    left, right = ({way.type for place in nodes[host].places
                    if (way := _way(_boxes(nodes, place), 4)).udp and 4 in nodes[host].versions} for host in HOSTS)
    pairs = {("relay", t) for t in right} | {(t, "relay") for t in left}
    return frozenset(pairs or {("relay", "relay")})


def _meetings(nodes, protocol="udp"):
    versions = set(nodes["left"].versions) & set(nodes["right"].versions)
    return [ways for version in versions
            for places in itertools.product(nodes["left"].places, nodes["right"].places)
            if (ways := _meeting(nodes, places, version, protocol))]


def connects_by_tcp(nodes):
    """Whether one end lets the other one's connections in (RFC 6544): nothing opens
    a NAT or a firewall for them, since nobody opens simultaneously."""
    return any(way.filtering is None for ways in _meetings(nodes, "tcp") for way in ways)


def expect(nodes, policy="all", has_turn=True):
    """What becomes of a call."""
    if policy == "relay":
        return Expectation(frozenset({("relay", "relay")} if has_turn else ()))
    meetings = _meetings(nodes)
    direct = [(left.type, right.type) for left, right in meetings if _connects(left, right)]
    relayed = _relayed(nodes) if has_turn else frozenset()
    if direct:
        return Expectation(frozenset({_best(direct)}), relayed | {("relay", "relay")} if has_turn else frozenset())
    return Expectation(relayed)
