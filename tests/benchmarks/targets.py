#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The targets of a run, and its results; as Markdown.

Usage: targets.py RESULTS.json...
"""
import json
import sys
from pathlib import Path

ICE, PLAIN, NICE, AGAIN, UDP, RAW = "ice", "ice-none", "nice", "nice-again", "udp", "raw-buffers"
CHEAPER = "times cheaper than nicesink/nicesrc"
PARTS = "send", "receive"
ANSWERS = {True: "yes", False: "no", None: ""}


class Results:
    def __init__(self, paths):
        self.tables = {}
        for path in paths:
            self.tables.update(json.loads(Path(path).read_text())["tables"])

    def rows(self, table, **wanted):
        return [row for row in self.tables.get(table, [])
                if all(row[key] == value for key, value in wanted.items())]

    def values(self, table, key, **wanted):
        return [row[key] for row in self.rows(table, **wanted) if row[key] is not None]

    def sizes(self, table, key, kind, burst):
        """Of each size, over one transport."""
        return self.values(table, key, kind=kind, burst=burst, transports=1)


def at_least(name, limit, values):
    return name, f">= {limit}", min(values), min(values) >= limit


def at_most(name, limit, values):
    return name, f"<= {limit}", max(values), max(values) <= limit


def least(name, _, values):
    """Of a control: nothing is wanted."""
    return name, "", min(values), None


def most(name, _, values):
    return name, "", max(values), None


def divide(ours, theirs):
    """Nothing where a kind was left out."""
    return [a / b for a, b in zip(ours, theirs, strict=True)] if ours and theirs else []


def list_costs(results, table, name):
    for burst, times in (1, 1.0), (8, 3), (32, 6):
        for part in PARTS:
            yield at_least, f"{name}, burst {burst}: {part}, {CHEAPER}", times, \
                results.sizes(table, f"{part}_ratio", ICE, burst)
    for part in PARTS:
        yield at_most, f"{name}, burst 32: {part}, times raw GSO/GRO + GstBuffer", 2, \
            divide(results.sizes(table, part, ICE, 32), results.sizes(table, part, RAW, 32))


def list_rates(results):
    yield at_least, "throughput, burst 32: times nicesink/nicesrc's datagrams a second", 6, \
        results.sizes("throughput", "rate_ratio", ICE, 32)
    yield at_most, "flat out, burst 32: % lost", 0.1, \
        results.sizes("throughput", "flat_out_lost", ICE, 32)
    yield most, "the same, raw GSO/GRO + GstBuffer", None, \
        results.sizes("throughput", "flat_out_lost", RAW, 32)


def list_plain(results):
    for table, parts in ("paced", PARTS), ("throughput", (*PARTS, "rate")):
        for part in parts:
            key = f"{part}_ratio"
            yield at_least, f"offload=none, {table}, any row: {part}, times as good", 0.97, \
                results.values(table, key, kind=PLAIN)
            yield least, "the same, nicesink/nicesrc beside itself", None, \
                results.values(table, key, kind=AGAIN)


def divide_delays(results, key, ours, theirs):
    return divide(*(results.values("delay", key, kind=kind) for kind in (ours, theirs)))


def list_single(results):
    """Bursts of one, flat out."""
    for part in PARTS:
        yield at_least, f"throughput, burst 1: {part}, {CHEAPER}", 1.2, \
            results.sizes("throughput", f"{part}_ratio", ICE, 1)
        yield least, "the same, raw GSO/GRO + GstBuffer", None, \
            results.sizes("throughput", f"{part}_ratio", RAW, 1)
        yield at_most, f"throughput, burst 1: {part}, times udpsink/udpsrc's", 1.0, \
            divide(results.sizes("throughput", part, ICE, 1), results.sizes("throughput", part, UDP, 1))


def list_connecting(results):
    for at_once in 1, 100:
        for key, limit in ("median", 12), ("p99", 20):
            yield at_most, f"connecting, {at_once} at once: {key}, ms", limit, \
                results.values("connect", key, kind=ICE, at_once=at_once, candidates=1)
            yield most, "the same, nicesink/nicesrc", None, \
                results.values("connect", key, kind=NICE, at_once=at_once, candidates=1)
    yield at_most, "connecting, 50 candidates: median, ms", 100, \
        results.values("connect", "median", kind=ICE, candidates=50)
    for key, limit in ("whole", 10000), ("closing", 2000):
        yield at_most, f"connecting, 1000 at once: {key}, ms", limit, \
            results.values("connect", key, kind=ICE, at_once=1000, candidates=1)


def list_footprint(results):
    yield at_most, "footprint: threads beside streaming threads, any number of transports", 3, \
        results.values("footprint", "threads", kind=ICE)
    for key, name, limit in (("fds", "descriptors a transport", 3), ("memory", "KiB a transport", 60),
                             ("cpu", "CPU ms/s, idle again", 10)):
        yield at_most, f"footprint, 1000 connected: {name}", limit, \
            results.values("footprint", key, kind=ICE, transports=1000, state="active")
        yield most, "the same, nicesink/nicesrc", None, \
            results.values("footprint", key, kind=NICE, transports=1000, state="active")


def list_forwarding(results):
    for burst, times in (1, 1.0), (8, 2), (32, 4):
        yield at_least, f"forwarding, burst {burst}: times cheaper than nicesinks", times, \
            results.values("forward", "nice_ratio", kind=ICE, burst=burst)
        yield least, "the same, nicesinks beside themselves", None, \
            results.values("forward", "nice_ratio", kind=AGAIN, burst=burst)
    for burst in 8, 32:
        yield at_least, f"forwarding, burst {burst}: times cheaper than multiudpsink", 1.0, \
            results.values("forward", "udp_ratio", kind=ICE, burst=burst)


def list_relayed(results):
    yield at_least, "relayed, burst 32: send, times cheaper than through libnice", 2, \
        results.values("relay", "send_ratio", kind=ICE)


def list_others(results):
    for part in PARTS:
        yield at_least, f"burst 1, 10000 in a second: {part}, {CHEAPER}", 1.0, \
            results.values("delay", f"{part}_ratio", kind=ICE)
    for key in "median", "p99":
        yield at_most, f"delay: {key}, times udpsrc's", 1.0, divide_delays(results, key, ICE, UDP)
        yield most, "nicesink/nicesrc beside itself", None, divide_delays(results, key, AGAIN, NICE)


def main():
    results = Results(sys.argv[1:])
    targets = [*list_costs(results, "throughput", "throughput"), *list_rates(results),
               *list_costs(results, "paced", "64 at a time"), *list_plain(results),
               *list_single(results), *list_others(results), *list_connecting(results),
               *list_footprint(results), *list_forwarding(results), *list_relayed(results)]
    lines = [judge(name, limit, values) for judge, name, limit, values in targets if values]
    if not lines:
        return
    print("\nTargets; of several sizes the worst result counts.\n")
    print("| target | wanted | measured | reached |\n|--------|--------|---------:|---------|")
    for name, wanted, measured, reached in lines:
        print(f"| {name} | {wanted} | {measured:.2f} | {ANSWERS[reached]} |")


main()
