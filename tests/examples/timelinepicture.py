# SPDX-License-Identifier: LGPL-2.1-or-later
"""The picture of a timeline.Timeline: one matplotlib figure, SVG or what else
matplotlib writes."""

import textwrap

import matplotlib
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

FORMATS = set(FigureCanvasBase.get_supported_filetypes()) - {"pgf"}  # which needs LaTeX
MAX_PAIRS = 40  # rows of one session
MAX_UNPAIRED = 10  # of candidates of the peer without a pair

# Colours that the colour-blind can distinguish, too (Okabe and Ito).
COLOURS = {
    "new": "#dddddd", "frozen": "#dddddd",
    "waiting": "#b0c4de",
    "checking": "#f0e442", "gathering": "#f0e442", "in-progress": "#f0e442",
    "connected": "#56b4e9",
    "completed": "#2bb38a", "complete": "#2bb38a", "succeeded": "#2bb38a",
    "disconnected": "#e69f00",
    "failed": "#d62728", "error": "#d62728",
    "closed": "#888888",
}
MARKERS = {"host": "o", "srflx": "s", "prflx": "D", "relay": "^"}
CALL = "#6a3d9a"  # the end of a call, and the next one
PROBLEMS = {"error": "#c00000", "warning": "#b06000"}
LINES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]  # of the transports

# Inches.
WIDTH, LEFT, RIGHT = 13.0, 2.9, 0.3
ROW, TITLE, LEGEND, GAP, TRIP, LINE = 0.23, 0.45, 0.75, 0.35, 1.3, 0.15
PAIR_ROW = 0.36
NO_TRIP, TRAFFIC = 0.5, 0.85
COLUMNS = 4  # of the legend of a panel

# What is drawn of the traffic: the unit, how many of the counter's are one of it, the counters.
RATES = [("packets / s", {"packets-sent": ("sent", "-"), "packets-received": ("received", "--"),
                          "packets-discarded-on-send": ("not sent", "x")}, 1),
         ("kbit / s", {"bytes-sent": ("sent", "-"), "bytes-received": ("received", "--")}, 8 / 1000)]
CHARACTER = 0.062  # of a bar's text, on average
SMALL = 7  # points
LINE_CHARACTERS = 190


class Picture:
    """Lays a timeline out from the top: title, legend, bars, round-trip time,
    words. One unit is an inch downwards, a second to the right."""

    def __init__(self, timeline, title):
        self.timeline = timeline
        self.title = title
        self.scale = (WIDTH - LEFT - RIGHT) / timeline.end  # inches a second
        self.y = 0.0
        self.labels = []  # y, text, is a title
        self.draws = []  # what to draw once the axes are there

    def write(self, path):
        settings = {"svg.fonttype": "none", "svg.hashsalt": "gst-ice", "text.parse_math": False,
                    "font.family": "sans-serif", "font.size": SMALL}
        with matplotlib.rc_context(settings):
            self._draw().savefig(path, dpi=100, metadata={"Date": None} if path.endswith(".svg") else None)

    def _draw(self):
        for session in self.timeline.sessions.values():
            self._plan_session(session)
        words, left_out = self.timeline.words()
        words = list(self._wrap(words, left_out))
        bars = max(self.y, ROW)
        n_trips = sum(len(session.trips) for session in self.timeline.sessions.values())
        trips = TRIP if n_trips else NO_TRIP
        panels = [(trips, n_trips, lambda top: self._put_trips(top, trips))]
        panels += [(TRAFFIC, len(list(self._list_rates(panel[1]))), lambda top, panel=panel: self._put_rates(top, *panel))
                   for panel in RATES if any(self._list_rates(panel[1]))]
        panels = [(GAP + LINE * max(0, (n - 1) // COLUMNS), panel, put) for panel, n, put in panels]
        height = TITLE + LEGEND + bars + sum(gap + panel for gap, panel, _ in panels) + GAP + (len(words) + 4) * LINE
        self.figure = Figure(figsize=(WIDTH, height))
        self.height = height
        self._put_title()
        self._put_bars(TITLE + LEGEND, bars)
        top = TITLE + LEGEND + bars
        for i, (gap, panel, put) in enumerate(panels):
            self._finish_panel(put(top + gap), is_last=i == len(panels) - 1)
            top += gap + panel
        self._put_words(top + GAP + 2 * LINE, words)
        return self.figure

    def _finish_panel(self, axes, is_last):
        axes.set_xlim(0, self.timeline.end)
        axes.grid(color="#e8e8e8", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(axis="x", labelbottom=is_last)
        if is_last:
            axes.set_xlabel("seconds since the recording began")

    # rows, from the top

    def _add_row(self, label, height=ROW, is_title=False, colour="black"):
        middle = self.y + height / 2
        self.labels.append((middle, label, is_title, colour))
        self.y += height
        return middle

    def _plan_session(self, session):
        top = self.y
        over, how = session.over()
        outcome = f"{session.name}: {'error, ' if how == 'error' else ''}at last {session.outcome()}"
        title = self._add_row(outcome, is_title=True, colour=PROBLEMS["error"] if how else "black")
        self._plan_track("session", session.state, session.name + "/session", over)
        for (stream, component), track in sorted(session.transports.items()):
            self._plan_track(f"stream {stream} component {component}", track,
                             f"{session.name}/transport-{stream}-{component}", over)
        self._plan_track("gathering", session.gathering, session.name + "/gathering", until=over)
        for side in "local", "remote":
            self._plan_candidates(session, side)
        found = session.list_pairs()
        pairs = sorted(found, key=lambda pair: not pair.was_checked())[:MAX_PAIRS]
        for pair in [pair for pair in found if pair in pairs]:
            self._plan_pair(session, pair, over)
        if how:
            self._plan_unpaired(session)
        if len(found) > len(pairs):
            self._add_row(f"{len(found) - len(pairs)} more pairs")
        self.draws.append(lambda axes, bottom=self.y: self._draw_marks(axes, session, top, title, bottom))
        self.y += ROW / 2

    def _plan_track(self, label, track, gid, over=None, until=None):
        """over: from then on it is red; until: it ends there, as nothing of a session that is over means anything."""
        y = self._add_row(label)
        self.draws.append(lambda axes: self._draw_track(axes, y, track, gid, over, until))

    def _plan_unpaired(self, session):
        """Candidates of the peer that never had a pair: a row each, with the reason."""
        found = [(candidate, session.judge(candidate)) for candidate in session.candidates.values()
                 if candidate.side == "remote"]
        found = [(candidate, verdict) for candidate, verdict in found if verdict.startswith("not paired")]
        for candidate, verdict in found[:MAX_UNPAIRED]:
            y = self._add_row(f"→ {candidate.end} ({candidate.type}, {candidate.protocol})")
            self._plan_text(y, candidate.now, verdict)
        if len(found) > MAX_UNPAIRED:
            self._add_row(f"{len(found) - MAX_UNPAIRED} more that are not paired")

    def _plan_text(self, y, x, text):
        self.draws.append(lambda axes: axes.text(min(x, self.timeline.end / 2) + 0.12 / self.scale, y, text, va="center",
                                                 color=PROBLEMS["error"]))

    def _plan_candidates(self, session, side):
        found = session.list_candidates(side)
        y = self._add_row(f"{side} candidates ({len(found)})")
        if not found and session.over()[1]:
            self._plan_text(y, 0, "none has come from the peer" if side == "remote" else "none was found")

        def draw(axes):
            for kind, marker in MARKERS.items():
                times = [candidate.now for candidate in found if candidate.type == kind]
                if times:
                    axes.plot(times, [y] * len(times), marker, color="black", markersize=3.5, clip_on=False,
                              gid=f"{session.name}/{side}-candidates/{kind}")
            if side == "local" and session.ends:
                axes.plot(session.ends, [y] * len(session.ends), "|", color="black", markersize=9, clip_on=False)
        self.draws.append(draw)

    def _plan_pair(self, session, pair, over):
        transport = f"{pair.transport}, " if len(session.transports) > 1 else ""
        y = self._add_row(f"{pair.ends[0]} ({transport}{pair.types})\n→ {pair.ends[1]}", PAIR_ROW)

        def draw(axes):
            gid = f"{session.name}/{pair.id}"
            self._draw_track(axes, y, pair.states, gid, until=over)
            for begin, length, *_ in pair.selected.bars(self.timeline.end if over is None else over):
                axes.plot([begin, begin + length], [y + ROW * 0.47] * 2, color="black", linewidth=2,
                          solid_capstyle="butt", gid=gid + "/selected")
            if pair.nominated:
                axes.plot(pair.nominated, [y - ROW * 0.47] * len(pair.nominated), "v", color="black",
                          markersize=3.5, clip_on=False, gid=gid + "/nominated")
        self.draws.append(draw)

    # drawing

    def _draw_track(self, axes, y, track, gid, over=None, until=None):
        bars = list(track.bars(self.timeline.end if until is None else until))
        if over is not None:  # red until the end, whatever else is reported when it is closed
            failed = [change for change in track.changes if change[1] == "failed"]
            bars = [(begin, min(length, over - begin), *rest) for begin, length, *rest in bars if begin < over]
            bars.append((over, self.timeline.end - over, *(failed[-1][1:] if failed else ("error", ""))))
        for value in dict.fromkeys(bar[2] for bar in bars):
            axes.broken_barh([bar[:2] for bar in bars if bar[2] == value], (y - ROW * 0.38, ROW * 0.76),
                             facecolors=COLOURS.get(value, "white"), gid=f"{gid}/{value}")
        for begin, length, value, reason in bars:
            for text in ([f"{value} ({reason})"] if reason else []) + [value]:
                if (len(text) + 1) * CHARACTER < length * self.scale:
                    axes.text(begin + 0.04 / self.scale, y, text, va="center")
                    break

    def _draw_marks(self, axes, session, top, title, bottom):
        marks = [(now, "restart", "restart", "#0000c0") for now in session.restarts]
        marks += [(now, "call-ended", f"call {number} ended ({reason})", CALL) for now, number, reason in session.calls]
        marks += [(now, "next-call", "next call", CALL) for now in session.next_calls]
        marks += [(now, kind, kind, PROBLEMS[kind]) for now, source, kind in self.timeline.problems
                  if source == session.name or source not in self.timeline.sessions]
        for now, kind, _, colour in marks:
            axes.plot([now, now], [top, bottom], "--" if kind == "restart" else "-", color=colour, linewidth=1,
                      gid=f"{session.name}/{kind}")
        for begin, text, colour in self._place_texts(marks):
            axes.text(begin, title, text, color=colour, va="center",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})

    def _place_texts(self, marks):
        """Those that there is room for: the end of a call is to the left of its line, as the next call follows soon, which
        needs its text least."""
        order = {"call-ended": 0, "next-call": 2}
        taken = []
        for now, kind, text, colour in sorted(marks, key=lambda mark: (order.get(mark[1], 1), *mark)):
            width = (len(text) + 1) * CHARACTER / self.scale
            begin = (max(now - width, 0) if kind == "call-ended" else
                     min(now + 0.03 / self.scale, self.timeline.end - width))
            if all(begin >= end or begin + width <= other for other, end in taken):
                taken.append((begin, begin + width))
                yield begin, text, colour

    def _axes(self, top, height):
        return self.figure.add_axes([LEFT / WIDTH, 1 - (top + height) / self.height,
                                     (WIDTH - LEFT - RIGHT) / WIDTH, height / self.height])

    def _put(self, x, y, text, **more):
        self.figure.text(x / WIDTH, 1 - y / self.height, text, **more)

    def _put_title(self):
        self._put(0.15, TITLE * 0.6, self.title, fontsize=12, weight="bold", va="center")
        colours = {}
        for word, colour in COLOURS.items():
            colours.setdefault(colour, []).append(word)
        handles = [Patch(facecolor=colour, label=", ".join(words)) for colour, words in colours.items()]
        handles += [Line2D([], [], color="black", linewidth=2, label="selected pair"),
                    Line2D([], [], color="black", marker="v", markersize=3.5, linestyle="", label="nominated")]
        handles += [Line2D([], [], color="black", marker=marker, markersize=3.5, linestyle="",
                           label=f"{kind} candidate") for kind, marker in MARKERS.items()]
        handles += [Line2D([], [], color="black", marker="|", markersize=9, linestyle="", label="no more candidates"),
                    Line2D([], [], color="#0000c0", linestyle="--", linewidth=1, label="restart"),
                    Line2D([], [], color=CALL, linewidth=1, label="end of a call, next call")]
        handles += [Line2D([], [], color=colour, linewidth=1, label=kind) for kind, colour in PROBLEMS.items()]
        self.figure.legend(handles=handles, ncol=6, loc="upper left", fontsize=SMALL, frameon=False,
                           bbox_to_anchor=(0.1 / WIDTH, 1 - TITLE / self.height), borderaxespad=0)

    def _put_bars(self, top, height):
        axes = self._axes(top, height)
        axes.set_xlim(0, self.timeline.end)
        axes.set_ylim(height, 0)
        axes.set_yticks([])
        axes.tick_params(axis="x", labelbottom=False, length=0)
        axes.grid(axis="x", color="#e8e8e8", linewidth=0.6)
        axes.set_axisbelow(True)
        for side in "top", "right", "bottom":
            axes.spines[side].set_visible(False)
        for y, label, is_title, colour in self.labels:
            x = 0.15 if is_title else LEFT - 0.08
            self._put(x, top + y, label, va="center", ha="left" if is_title else "right", linespacing=1.2, color=colour,
                      **({"weight": "bold", "fontsize": SMALL + 1} if is_title else {}))
        for draw in self.draws:
            draw(axes)
        if not self.labels:
            self._put(LEFT, top + height / 2, "no element reported anything of ICE", va="center")

    def _put_trips(self, top, height):
        axes = self._axes(top, height)
        trips = [(label, session.trips[key], colour) for colour, label, session, key in self._list_transports()
                 if key in session.trips]
        for label, points, colour in trips:
            axes.plot([now for now, _ in points], [trip * 1000 for _, trip in points], ".", label=label, color=colour,
                      gid="round-trip-time/" + label.replace(" ", "-"))
        if trips:
            every = [trip * 1000 for _, points, _ in trips for _, trip in points]
            axes.set_yscale("log")
            axes.set_ylim(min(every) / 3, max(every) * 5)
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if max(every) < 20 * min(every) else (1,)))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.legend(loc="lower right", ncol=COLUMNS, fontsize=SMALL, frameon=False, bbox_to_anchor=(1, 1),
                        borderaxespad=0.2)
        else:
            axes.text(0.5, 0.5, "none was measured", transform=axes.transAxes, ha="center", va="center")
            axes.set_yticks([])
        axes.set_ylabel("round-trip time (ms)" if trips else "round-trip\ntime (ms)")
        return axes

    def _list_transports(self):
        """A colour and a label for each, the same in all panels; the session, stream and component."""
        found = [(session, key) for session in self.timeline.sessions.values()
                 for key in sorted({*session.trips, *session.traffic})]
        for i, (session, key) in enumerate(found):
            yield LINES[i % len(LINES)], f"{session.name} stream {key[0]} component {key[1]}", session, key

    def _list_rates(self, counters):
        """Of all transports: the colour, the label, the counter, begin, end and rate."""
        for colour, label, session, key in self._list_transports():
            for name in counters:
                if key in session.traffic and (rates := session.traffic[key].rates(name, session.over()[0])):
                    yield colour, label, name, rates

    def _put_rates(self, top, unit, counters, factor):
        """What was sent (solid) and received (dashed); red crosses: what could not be sent."""
        axes, highest = self._axes(top, TRAFFIC), 0
        for colour, label, name, rates in self._list_rates(counters):
            word, style = counters[name]
            highest = max([highest, *(rate * factor for *_, rate in rates)])
            if style == "x":
                colour = PROBLEMS["error"]
                points = [(end, rate * factor) for _, end, rate in rates if rate > 0]
            else:
                points = list(self._connect(rates, factor))
            axes.plot(*zip(*points), style, color=colour, linewidth=1.2, markersize=4, label=f"{label} {word}",
                      gid=f"{name}/{label.replace(' ', '-')}")
        axes.set_ylim(0, highest * 1.15)
        axes.legend(loc="lower right", ncol=COLUMNS, fontsize=SMALL, frameon=False, bbox_to_anchor=(1, 1), borderaxespad=0.2)
        axes.set_ylabel(unit)
        return axes

    @staticmethod
    def _connect(rates, factor):
        """The points of a line, with a gap where nothing was counted: between two calls."""
        last = None
        for begin, end, rate in rates:
            if last is not None and begin > last:
                yield last, float("nan")
            yield begin, rate * factor
            yield end, rate * factor
            last = end

    def _wrap(self, words, left_out):
        transports = max((len(session.transports) for session in self.timeline.sessions.values()), default=0)
        for now, source, text, _, kind in words:
            if transports < 2 and text.startswith("stream ") and "component" in text:
                continue  # the session has the same
            for i, part in enumerate(textwrap.wrap(text, LINE_CHARACTERS) or [""]):
                yield (f"{now:.3f} s" if i == 0 else "", source if i == 0 else "", part, kind)
        if left_out:
            yield "", "", f"{left_out} less important lines are left out", ""

    def _put_words(self, top, words):
        for i, (now, source, text, kind) in enumerate(words):
            y = top + i * LINE
            colour = PROBLEMS.get(kind, "black")
            self._put(0.75, y, now, ha="right", va="center", color=colour)
            self._put(0.9, y, source[:24], va="center", color=colour)
            self._put(2.1, y, text, va="center", color=colour)
