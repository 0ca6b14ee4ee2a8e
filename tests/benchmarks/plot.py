#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draws the results of a run, by gnuplot: a picture for each subject that has results.

Usage: plot.py FOLDER RESULTS.json...
"""
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

# of a kind, the same in all pictures
COLOURS = {"ice": "#d62728", "ice-none": "#ff7f0e", "nice": "#1f77b4", "nice-again": "#9ecae1", "udp": "#2ca02c",
           "raw": "#7f7f7f", "raw-buffers": "#17becf"}
WIDTH, HEIGHT, COLUMNS = 620, 440, 2  # of a graph, pixels; graphs in a row
GROUP = 0.84  # width of the bars that belong together; 1 with the gap
HEADROOM = 1.12  # above the highest bar, for its number
AXES = ["set border 3", "set tics nomirror", "set grid ytics", "set key below height 0.8 maxcols 2 font ',10'"]
BURSTS = "x 2", "y"  # logarithmic axes
STYLES = {"lines": "linespoints lw 2 pt 7 ps 0.5", "send": "points pt 7 ps 0.8", "receive": "points pt 6 ps 0.8 lw 1.5"}
# What gnuplot writes and no reader needs: defaults, the font of each text, names of parts, empty groups.
SHORTER = [(re.compile(pattern), text) for pattern, text in (
    (r' stroke-linecap="butt" stroke-linejoin="miter"', ""), (r'<tspan font-family="[^"]*" >([^<]*)</tspan>', r"\1"),
    (r' font-family="[^"]*"', ""), (r"<svg", '<svg font-family="Arial, sans-serif"'),
    (r"<title>gnuplot_plot_[^<]*</title>", ""), (r"<g [^>]*>\s*</g>\s*", ""))]
BARS = "boxes fs solid noborder"
TARGET = "lines dt (8,5) lw 1.2 lc rgb '#404040'"


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def format_number(number):
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


class Graph:
    """Axes, and what is drawn on them."""

    def __init__(self, title, x, y, logs=(), y_range="*:*"):
        self.settings = [f"set title {quote(title)}", f"set xlabel {quote(x)} offset 0,0.4", f"set ylabel {quote(y)}",
                         "unset logscale", "set xtics autofreq norotate", "set xrange [*:*]", f"set yrange [{y_range}]"]
        self.settings += [f"set logscale {axis}" for axis in logs]
        self.series = []  # of (lines of data, how to draw them)

    def add_line(self, kind, name, points, style="lines"):
        if points:
            self.series.append(([f"{x} {y}" for x, y in points],
                                f"with {STYLES[style]} lc rgb '{COLOURS[kind]}' title {quote(name)}"))

    def add_bars(self, kind, name, points, width):
        self.settings.append(f"set boxwidth {width:.4f} absolute")
        data = [f"{x} {y} {format_number(y)}" for x, y in points]
        self.series.append((data, f"using 1:2 with {BARS} lc rgb '{COLOURS[kind]}' title {quote(name)}"))
        self.series.append((data, "using 1:2:3 with labels font ',9' offset 0,0.5 notitle"))

    def add_targets(self, name, targets):
        """targets: of (from, to, y)"""
        if targets and self.series:
            self.series.append(([f"{a} {y}\n{b} {y}\n" for a, b, y in targets], f"with {TARGET} title {quote(name)}"))

    def label_x(self, labels, rotated=False):
        tics = ", ".join(f"{quote(label)} {i}" for i, label in enumerate(labels))
        self.settings += [f"set xtics ({tics}) {'rotate by 35 right' if rotated else 'norotate'}",
                          f"set xrange [-0.5:{len(labels) - 0.5}]"]

    def write(self, prefix):
        """Returns: data, and the commands that draw the graph"""
        blocks = [f"${prefix}{i} << END\n" + "\n".join(data) + "\nEND" for i, (data, _) in enumerate(self.series)]
        parts = [f"${prefix}{i} {how}" for i, (_, how) in enumerate(self.series)]
        return blocks, [*self.settings, f"plot {', '.join(parts)}"]


def draw(path, graphs):
    columns = min(COLUMNS, len(graphs))
    rows = -(-len(graphs) // columns)
    written = [graph.write(f"g{i}_") for i, graph in enumerate(graphs)]
    begin = [f"set terminal svg size {columns * WIDTH},{rows * HEIGHT} background 'white'",
             f"set output {quote(str(path))}", f"set multiplot layout {rows},{columns}", *AXES]
    script = [line for blocks, _ in written for line in blocks] + begin + [line for _, plot in written for line in plot]
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)
    shorten(path)


def shorten(path):
    text = path.read_text()
    for pattern, shorter in SHORTER:
        text = pattern.sub(shorter, text)
    path.write_text(text)


def select(rows, **wanted):
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def select_largest(rows):
    largest = max((row["bytes"] for row in rows), default=0)
    return largest, select(rows, bytes=largest)


def name_kinds(rows):
    return {row["kind"]: row["name"] for row in rows}


def make_lines(rows, x, y, title, labels, logs=("x", "y"), y_range="*:*"):
    """A line for each kind."""
    graph = Graph(title, *labels, logs, y_range)
    for kind, name in name_kinds(rows).items():
        points = sorted((row[x], row[y]) for row in select(rows, kind=kind) if row[y] is not None)
        graph.add_line(kind, name, [point for point in points if point[1] > 0 or "y" not in logs])
    return graph


def add_limit(graph, rows, x, name, limit):
    """A target for all x."""
    values = [row[x] for row in rows]
    graph.add_targets(name, [(min(values), max(values), limit)] if values else [])


def make_bars(groups, title, y, log=False):
    """A group of bars, one for each kind, for each (label, rows, key, target or None)."""
    groups = [(label, [row for row in rows if row[key]], key, target) for label, rows, key, target in groups]
    groups = [group for group in groups if group[1]]
    kinds = name_kinds([row for _, rows, _, _ in groups for row in rows])
    width = GROUP / len(kinds) if kinds else 1
    highest = max((max(row[key] for row in rows) for _, rows, key, _ in groups), default=1)
    y_range = f"1:{highest * HEADROOM ** 4:g}" if log else f"0:{highest * HEADROOM:g}"
    graph = Graph(title, "", y, ("y",) if log else (), y_range)
    for j, (kind, name) in enumerate(kinds.items()):
        graph.add_bars(kind, name, [(i - GROUP / 2 + (j + 0.5) * width, row[key])
                                    for i, (_, rows, key, _) in enumerate(groups)
                                    for row in select(rows, kind=kind)], width)
    graph.label_x([group[0] for group in groups])
    graph.add_targets("target", [(i - 0.5, i + 0.5, group[3]) for i, group in enumerate(groups) if group[3]])
    return graph


def find_value(rows, kind, key):
    return next((row[key] for row in select(rows, kind=kind)), None)


def draw_single(tables):
    size, delay = select_largest(tables.get("delay", []))
    yield make_bars([(key, delay, key, find_value(delay, "udp", key)) for key in ("median", "p99")],
                    f"Delay of {size:.0f} bytes, 10,000 single datagrams/s", "us")
    size, costs = select_largest(select(tables.get("throughput", []), burst=1, transports=1))
    groups = []
    for key in "send", "receive":
        udp, nice = (find_value(costs, kind, key) for kind in ("udp", "nice"))
        groups.append((key, costs, key, min(udp, nice / 1.2) if udp and nice else None))
    yield make_bars(groups, f"CPU time of {size:.0f} bytes, bursts of 1, flat out", "ns a datagram")


def draw_connecting(tables):
    rows = tables.get("connect", [])
    one = select(rows, candidates=1)
    groups = [("1 at once", select(one, at_once=1)), ("100 at once", select(one, at_once=100)),
              ("50 candidates, 1 at once", select(rows, candidates=50))]
    for key, limits in ("median", (12, 12, 100)), ("p99", (20, 20, None)):
        yield make_bars([(*group, key, limit) for group, limit in zip(groups, limits, strict=True)],
                        f"Connecting: {key}", "ms", log=True)


def select_active(tables):
    return select(tables.get("footprint", []), state="active")


def draw_footprint(tables):
    rows = select_active(tables)
    x = "transports in the process"
    memory = make_lines(rows, "transports", "memory", "Resident memory of connected transports", (x, "KiB each"))
    add_limit(memory, rows, "transports", "target for 1000", 60)
    fds = make_lines(rows, "transports", "fds", "Descriptors of connected transports", (x, "descriptors each"), ("x",),
                     "0:*")
    add_limit(fds, rows, "transports", "target for 1000", 3)
    yield from (memory, fds)


def draw_idle(tables):
    rows = [{**row, "each": row["cpu"] * 1000 / row["transports"]} for row in select_active(tables)
            if row["transports"] >= 10 and row["cpu"] is not None]
    graph = make_lines(rows, "transports", "each", "Connected transports that do nothing but consent",
                       ("transports in the process", "CPU us/s each"), ("x",), "0:*")
    add_limit(graph, rows, "transports", "target for 1000", 10)
    yield graph


def draw_many(tables):
    rows = select(tables.get("connect", []), candidates=1)
    for key, title, limit in (("whole", "Connecting, until the last one is connected", 10000),
                              ("closing", "Closing all, one after the other", 2000)):
        most = max([limit, *(row[key] for row in rows)])
        graph = make_lines(rows, "at_once", key, title, ("connections at once", "ms"), y_range=f"*:{2 * most}")
        add_limit(graph, rows, "at_once", "target for 1000", limit)
        yield graph


def draw_forwarder(tables):
    forward = tables.get("forward", [])
    most = max((row["peers"] for row in forward), default=0)
    yield make_lines(select(forward, peers=most), "burst", "cpu", f"One stream to {most:.0f} peers",
                     ("datagrams a burst", "CPU ms for a second of it"), BURSTS)


def draw_plain(tables):
    for table, title in ("throughput", "flat out"), ("paced", "64 at a time"):
        rows = [row for row in tables.get(table, []) if row["kind"] in ("ice-none", "nice-again")]
        cases = list(dict.fromkeys((row["bytes"], row["burst"], row["transports"]) for row in rows))
        graph = Graph(f"offload=none beside nicesink/nicesrc, {title}", "bytes / burst / transports", "times as cheap")
        for kind, name in name_kinds(rows).items():
            for key, side in ("send", -0.1), ("receive", 0.1):
                points = [(cases.index((row["bytes"], row["burst"], row["transports"])) + side, row[f"{key}_ratio"])
                          for row in select(rows, kind=kind) if row[f"{key}_ratio"]]
                graph.add_line(kind, f"{name}: {key}", points, key)
        graph.label_x([" / ".join(f"{part:.0f}" for part in case) for case in cases], rotated=True)
        graph.add_targets("target", [(-0.5, len(cases) - 0.5, 0.97)])
        yield graph


def draw_relay(tables):
    rows = tables.get("relay", [])
    plain = find_value(rows, "ice-none", "send")
    yield make_bars([("send", rows, "send", plain and plain / 2)],
                    "1200 bytes through a TURN server, bursts of 32", "CPU ns a datagram")


def draw_throughput(tables):
    size, rows = select_largest(select(tables.get("throughput", []), transports=1))
    for key, title, y in (("send", f"CPU time to send {size:.0f} bytes", "ns a datagram"),
                          ("receive", f"CPU time to receive {size:.0f} bytes", "ns a datagram"),
                          ("rate", f"{size:.0f} bytes, less than 0.1 % lost", "thousands a second")):
        yield make_lines(rows, "burst", key, title, ("datagrams a burst", y), BURSTS)


PICTURES = {"single": draw_single, "connecting": draw_connecting, "footprint": draw_footprint, "idle": draw_idle,
            "many": draw_many, "forwarder": draw_forwarder, "plain": draw_plain, "relay": draw_relay,
            "throughput": draw_throughput}


def main():
    folder, *sources = sys.argv[1:]
    if shutil.which("gnuplot") is None:
        print("No plot: gnuplot is not installed (Debian: gnuplot-nox).")
        return 1
    tables = {}
    for source in sources:
        tables.update(json.loads(Path(source).read_text())["tables"])
    for name, make in PICTURES.items():
        graphs = [graph for graph in make(tables) if graph.series]
        if graphs:
            path = Path(folder) / f"{name}.svg"
            draw(path, graphs)
            print("Plot:", path)
    return 0


sys.exit(main())
