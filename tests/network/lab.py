# SPDX-License-Identifier: LGPL-2.1-or-later
"""Networks of network namespaces, each built from a few lines of text:

    left: eim+apdf > internet        left is a host behind a NAT of its own
    right: home                      right is one in the network of home,
    home/46: masquerade > internet   which is a NAT too, and has IPv6 as well

`left` and `right` are hosts, all other names are boxes: what a box does with
traffic is the first word of its line, boxes.py has the words. `internet` is
always there: a wire with public addresses, and the servers' own. A host with two
interfaces names two places, separated by a comma. /4, /6, /46 after a name says
which versions of IP it has; /4 where there is nothing.

No namespace has a name: what holds it is a file descriptor of this process, and
the processes in it, which die with this one. So nothing is left behind, however
it ends.
"""

import contextlib
import ctypes
import dataclasses
import ipaddress
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import boxes  # noqa: E402
from icetest import ISOLATED, PATIENCE, Process  # noqa: E402

HOSTS = ("left", "right")
INTERNET = "internet"
SERVERS = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}  # RFC 5737, RFC 3849
NOBODY = "02:00:00:00:00:00"
CLONE_NEWNET = 0x40000000  # sched.h
_libc = ctypes.CDLL(None, use_errno=True)

CAN_RUN = ISOLATED and os.geteuid() == 0 and None not in (shutil.which("ip"), shutil.which("nft"))
WHY_NOT = "needs ip, nft, and root to make network namespaces"


def _check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _own_namespace():
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


class Namespace:
    """What a thread opens and starts `inside()` of it belongs there."""

    def __init__(self):
        before = _own_namespace()
        _check(_libc.unshare(CLONE_NEWNET))
        self._fd = _own_namespace()
        _check(_libc.setns(before, CLONE_NEWNET))
        os.close(before)
        self.ip("link set lo up")

    @property
    def path(self):
        return f"/proc/{os.getpid()}/fd/{self._fd}"

    @contextlib.contextmanager
    def inside(self):
        outside = _own_namespace()
        try:
            _check(_libc.setns(self._fd, CLONE_NEWNET))
            yield self
        finally:
            _check(_libc.setns(outside, CLONE_NEWNET))
            os.close(outside)

    def _pipe(self, command, text):
        with self.inside():
            done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, f"{done.stdout}\n{text}"
        return done.stdout

    def ip(self, *lines, version=4):
        return self._pipe(["ip", f"-{version}", "-batch", "-"], "\n".join(lines) + "\n")

    def nft(self, text):
        return self._pipe(["nft", "-f", "-"], text)

    def nft_list(self, what):
        return self._pipe(["nft", "list", what], "")

    def sysctl(self, values):
        """Those of net/; what this kernel does not have is off."""
        with self.inside():
            for name, value in values.items():
                path = Path("/proc/sys/net", name)
                if value or path.exists():
                    path.write_text(str(value))

    def start(self, line, **options):
        with self.inside():
            return Process(line, **options)

    def close(self):
        os.close(self._fd)


@dataclasses.dataclass
class Node:
    name: str
    kind: str | None  # what a box does; None: a host
    places: list[str]  # whose networks it is in: `internet`, or a box's
    versions: tuple[int, ...]


def parse(description):
    """name -> Node, outer ones first."""
    nodes = {}
    for line in description.strip().splitlines():
        name, versions, way = re.fullmatch(r"\s*(\w+)(?:/(4|6|46))?:\s*(.+?)\s*", line).groups()
        versions = tuple(int(v) for v in versions or "4")
        *kinds, places = [word.strip() for word in way.split(">")]
        if name not in HOSTS:
            own, *kinds = kinds
        places = [place.strip() for place in places.split(",")]
        for i, kind in reversed(list(enumerate(kinds))):
            box = f"{name}{i + 1}"
            nodes[box] = Node(box, kind, places, versions)
            places = [box]
        nodes[name] = Node(name, None if name in HOSTS else own, places, versions)
    in_order = {}

    def add(name):
        if name != INTERNET and name not in in_order:
            for place in nodes[name].places:
                add(place)
            in_order[name] = nodes[name]

    for name in nodes:
        add(name)
    return in_order


class Lab:
    """A network, up."""

    def __init__(self, description):
        self.nodes = parse(description)
        self.spaces = {}
        self.addresses = {}  # (name, place, version) -> address
        self._taken = {}
        try:
            self._lay_internet()
            for number, node in enumerate(self.nodes.values(), 1):
                self._add(node, number)
        except BaseException:
            self.close()
            raise

    def __getitem__(self, name):
        return self.spaces[name]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for space in self.spaces.values():
            space.close()
        self.spaces = {}

    def _new_space(self, name, versions):
        space = self.spaces[name] = Namespace()
        for which in "all", "default":
            space.sysctl({f"ipv6/conf/{which}/disable_ipv6": int(6 not in versions),
                          # a second or two, and no neighbour is asked before
                          f"ipv6/conf/{which}/accept_dad": 0,
                          f"ipv4/conf/{which}/rp_filter": 0})
        return space

    def _lay_internet(self):
        space = self._new_space(INTERNET, (4, 6))
        self._networks = {INTERNET: {v: ipaddress.ip_network(f"{addresses[0]}/{24 if v == 4 else 64}", strict=False)
                                     for v, addresses in SERVERS.items()}}
        self._taken[INTERNET] = 9
        self._lay_wire(space, SERVERS, self._networks[INTERNET])
        for version, network in self._networks[INTERNET].items():
            # All else goes to nobody. coturn gives up an allocation where sending fails with "network is unreachable".
            space.ip(f"neighbour add {network[-2]} lladdr {NOBODY} nud permanent dev lan",
                     f"route add default via {network[-2]}", version=version)

    def _lay_wire(self, space, addresses, networks):
        """The network that a box, or the internet, has for others."""
        space.ip("link add lan type bridge mcast_snooping 0", "link set lan up")
        for version, network in networks.items():
            space.ip(*(self._address_line(a, network, "lan") for a in addresses[version]), version=version)
        space.sysctl({"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1,
                      # what stays on the wire passes no rules
                      "bridge/bridge-nf-call-iptables": 0, "bridge/bridge-nf-call-ip6tables": 0})

    @staticmethod
    def _address_line(address, network, device):
        return f"address add {address}/{network.prefixlen} dev {device}" + (" nodad" if network.version == 6 else "")

    def _add(self, node, number):
        space = self._new_space(node.name, node.versions)
        for i, place in enumerate(node.places):
            self._plug(node, space, place, i)
        if node.kind is not None:
            is_private = boxes.KINDS[node.kind].mapping is not None
            networks = {4: f"10.0.{number}.0/24" if is_private else f"198.51.100.{16 * number}/28",
                        6: f"2001:db8:{number}::/64"}
            networks = {v: ipaddress.ip_network(network) for v, network in networks.items()}
            self._networks[node.name] = {v: networks[v] for v in node.versions}
            self._taken[node.name] = 1
            self._lay_wire(space, {v: [network[1]] for v, network in networks.items()}, self._networks[node.name])
            self._lead_here(node)
            space.nft(boxes.rules(node.kind, self.addresses.get((node.name, node.places[0], 4)), networks[4]))
            boxes.prepare(space)

    def _plug(self, node, space, place, i):
        """An interface in that place's network."""
        device, port = (f"eth{i}" if node.kind is None else "wan"), f"to-{node.name}"
        self._taken[place] += 1
        networks = {v: network for v, network in self._networks[place].items() if v in node.versions}
        assert networks, f"{node.name} and {place} have no version of IP in common"
        space.ip(f"link add {device} type veth peer name {port} netns {self.spaces[place].path}")
        self.spaces[place].ip(f"link set {port} master lan up")
        space.ip(f"link set {device} up")
        for version, network in networks.items():
            address = self.addresses[node.name, place, version] = str(network[self._taken[place]])
            space.ip(self._address_line(address, network, device), version=version)
        self.lead_out(node.name, i)

    def lead_out(self, name, i):
        """Default routes by that interface, which it loses when it goes down."""
        node, space = self.nodes[name], self.spaces[name]
        place, device = node.places[i], f"eth{i}" if node.kind is None else "wan"
        for version in node.versions:
            if address := self.addresses.get((name, place, version)):
                way = f"default via {self._networks[place][version][1]} dev {device}"
                space.ip(f"route add {way} metric {100 + i}", version=version)
                if len(node.places) > 1:  # what has this interface's address leaves by it
                    space.ip(f"route add {way} table {100 + i}",
                             f"rule add from {address} table {100 + i}", version=version)

    def _lead_here(self, node):
        """Every box outside of one that does not translate must know the way."""
        for version, inside in self._networks[node.name].items():
            name = node.name
            while name != INTERNET and not (version == 4 and boxes.KINDS[self.nodes[name].kind].mapping):
                place = self.nodes[name].places[0]
                self.spaces[place].ip(f"route add {inside} via {self.addresses[name, place, version]}", version=version)
                name = place
