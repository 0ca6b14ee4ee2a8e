#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the results of a run, by gnuplot.

Usage: plot.py RESULTS.json PICTURE.svg
"""
import json
import shutil
import subprocess
import sys

STYLE = "lw 2 ps 0.6"
# of a kind, the same in all graphs
COLOURS = {"ice": "#d62728", "ice-none": "#ff7f0e", "nice": "#1f77b4", "nice-again": "#9ecae1", "udp": "#2ca02c",
           "raw": "#7f7f7f", "raw-buffers": "#17becf"}
WIDTH, HEIGHT, COLUMNS = 600, 500, 2  # of a graph, pixels; graphs in a row


def quote(text):
    return "'" + text.replace("'", "''") + "'"


class Plot:
    """A gnuplot script: graphs beside each other, each of lines with a name."""

    def __init__(self, picture):
        self.blocks = []
        self.picture = picture
        self.graphs = []

    def add(self, title, x, y, lines):
        """lines: of (kind, name, points)"""
        parts = []
        for kind, name, points in lines:
            if points:
                block = f"$data{len(self.blocks)}"
                text = "".join(f"{a} {b}\n" for a, b in points)
                self.blocks.append(f"{block} << END\n{text}END")
                parts.append(f"{block} with linespoints {STYLE} lc rgb '{COLOURS[kind]}' title {quote(name)}")
        if parts:
            self.graphs.append(f"set title {quote(title)}\nset xlabel {quote(x)}\n"
                                 f"set ylabel {quote(y)}\nplot {', '.join(parts)}")

    def draw(self):
        columns = min(COLUMNS, len(self.graphs)) or 1
        rows = -(-len(self.graphs) // columns) or 1
        begin = (f"set terminal svg size {columns * WIDTH},{rows * HEIGHT} background 'white'\n"
                 f"set output {quote(self.picture)}\nset multiplot layout {rows},{columns}\nset grid\n"
                 "set logscale xy\nset key below maxcols 2 font ',10'")
        subprocess.run(["gnuplot"], input="\n".join([*self.blocks, begin, *self.graphs]) + "\n",
                       text=True, check=True)


def find_points(rows, kind, x, y):
    return sorted((row[x], row[y]) for row in rows if row["kind"] == kind and row[y])


def add_graph(plot, rows, title, x, y, labels):
    kinds = {row["kind"]: row["name"] for row in rows}
    plot.add(title, *labels, [(kind, name, find_points(rows, kind, x, y)) for kind, name in kinds.items()])


def main():
    source, picture = sys.argv[1:]
    if shutil.which("gnuplot") is None:
        print("No plot: gnuplot is not installed (Debian: gnuplot-nox).")
        return 1
    with open(source) as file:
        tables = json.load(file)["tables"]
    plot = Plot(picture)
    throughput = tables.get("throughput", [])
    largest = max((row["bytes"] for row in throughput), default=0)
    rows = [row for row in throughput if row["bytes"] == largest and row["transports"] == 1]
    for part in "send", "receive":
        add_graph(plot, rows, f"CPU time to {part} {largest:.0f} bytes", "burst", part,
                  ("datagrams a burst", "ns a datagram"))
    add_graph(plot, rows, f"{largest:.0f} bytes, less than 0.1 % lost", "burst", "rate",
              ("datagrams a burst", "thousands a second"))
    active = [row for row in tables.get("footprint", []) if row["state"] == "active"]
    add_graph(plot, active, "Resident memory", "transports", "memory",
              ("active transports", "KiB each"))
    forward = tables.get("forward", [])
    most = max((row["peers"] for row in forward), default=0)
    add_graph(plot, [row for row in forward if row["peers"] == most], f"One stream to {most:.0f} peers", "burst",
              "cpu", ("datagrams a burst", "CPU ms for a second of it"))
    plot.draw()
    print("Plot:", picture)
    return 0


sys.exit(main())
