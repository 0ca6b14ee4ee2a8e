#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a run was to show, and what it shows; as Markdown.

Usage: targets.py RESULTS.json
"""
import json
import sys

ICE, PLAIN, NICE, UDP, RAW = "ice", "ice-none", "nice", "udp", "raw-buffers"
RATIOS = "send_ratio", "receive_ratio", "both_ratio", "clean_ratio"


class Results:
    def __init__(self, path):
        with open(path) as file:
            self.tables = json.load(file)["tables"]

    def rows(self, table, **wanted):
        return [row for row in self.tables.get(table, [])
                if all(row[key] == value for key, value in wanted.items())]

    def values(self, table, key, **wanted):
        return [row[key] for row in self.rows(table, **wanted) if row[key] is not None]

    def costs(self, kind, part, burst):
        """For each size."""
        return self.values("throughput", part, kind=kind, burst=burst, transports=1)


def at_least(name, limit, values):
    return name, f">= {limit}", min(values), min(values) >= limit


def at_most(name, limit, values):
    return name, f"<= {limit}", max(values), max(values) <= limit


def divide(ours, theirs):
    return [a / b for a, b in zip(ours, theirs, strict=True)]


def list_throughput(results):
    for burst, times in (1, 1.0), (8, 3), (32, 6):
        for part in "send", "receive":
            yield at_least, f"burst {burst}: {part}, times cheaper than nicesink/nicesrc", times, \
                results.costs(ICE, f"{part}_ratio", burst)
    yield at_least, "burst 1: both together, times cheaper than nicesink/nicesrc", 1.0, \
        results.costs(ICE, "both_ratio", 1)
    yield at_least, "burst 32, flat out: times nicesink/nicesrc's packets with < 0.1 % lost", 6, \
        results.costs(ICE, "clean_ratio", 32)
    yield at_most, "burst 32, as fast as it sends: % lost", 0.1, \
        results.costs(ICE, "rate_lost", 32)
    yield at_most, "the same, raw GSO/GRO + GstBuffer", 0.1, results.costs(RAW, "rate_lost", 32)
    for part in "send", "receive":
        yield at_most, f"burst 32: {part}, times raw GSO/GRO + GstBuffer", 2, \
            divide(results.costs(ICE, part, 32), results.costs(RAW, part, 32))
    for ratio in RATIOS:
        yield at_least, f"offload=none, any row: {ratio.split('_')[0]}, times as good", 1.0, \
            results.values("throughput", ratio, kind=PLAIN)


def list_others(results):
    for part in "send", "receive":
        yield at_least, f"burst 1, 10000 in a second: {part}, times cheaper than nicesink/nicesrc", 1.0, \
            results.values("delay", f"{part}_ratio", kind=ICE)
    yield at_most, "delay: p99, times udpsrc's", 1.0, \
        divide(results.values("delay", "p99", kind=ICE), results.values("delay", "p99", kind=UDP))
    yield at_most, "connecting: p99, ms", 60, results.values("connect", "p99", kind=ICE)
    yield at_most, "footprint: threads beside streaming threads, any number of transports", 3, \
        results.values("footprint", "threads", kind=ICE)


def main():
    results = Results(sys.argv[1])
    lines = [judge(name, limit, values)
             for judge, name, limit, values in [*list_throughput(results), *list_others(results)]
             if values]
    if not lines:
        return
    print("\nWhat it was to show; of several sizes the worst.\n")
    print("| target | wanted | measured | reached |\n|--------|--------|---------:|---------|")
    for name, wanted, measured, reached in lines:
        print(f"| {name} | {wanted} | {measured:.2f} | {'yes' if reached else 'no'} |")


main()
