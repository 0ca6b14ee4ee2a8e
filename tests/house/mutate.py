#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mutation test: changes one place of the code at a time and runs the fast C tests
that execute it. A mutation that no test notices survives: a test is missing there.

Mutations: a relational operator by its neighbour (< and <=, == and !=), + and -,
&& and ||, an integer more or less by one, a condition negated, a call removed whose
value is not used, TRUE and FALSE returned or assigned. Left out, because other tests
check them: assertions and log lines, calls that only free (check.sh --asan) and
calls that only lock (--tsan).

All happens in copies of the sources, one for each job and one for counting lines, in
--directory with their builds, and DIRECTORY/results.jsonl, from which an interrupted run goes on when it is
started again. A mutation that was noticed is not tried again while its file stays
the same, one that survived when a test that executes its line was changed.

A mutation counts if it compiles, and to another object file. It is noticed if a test
fails or takes too long; one that is not of the suite "core", where nothing depends
on the time, must do so twice, unless --once is given. "too slow" is printed for those
that took too long: on a busy machine try them again with a greater --time-limit.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import itertools
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

SUITES = "core,elements,nice,webrtc,soup"
MEANINGLESS = "does not compile", "same object"
MISSED = "survived", "not executed"
TIME_FACTOR = 4  # times what the test takes without a mutation
BUILD = "build"  # in each copy
BUILD_LIMIT = 1800  # s
COVER_LIMIT = 1200  # s, for a test that counts the lines

TOKEN = re.compile(r"""
  (?P<space>\s+|\\\n|/\*.*?\*/|//[^\n]*)
| (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
| (?P<directive>(?<![^\n])[ \t]*\#(?:\\\n|[^\n])*)
| (?P<number>(?:0[xX][0-9a-fA-F]+|\d[\d.]*(?:[eE][-+]?\d+)?)\w*)
| (?P<name>[A-Za-z_]\w*)
| (?P<operator>->|\+\+|--|<<=?|>>=?|[-+*/%&|^<>=!]=|&&|\|\||\.\.\.|.)
""", re.S | re.X)
DEFINE = re.compile(r"[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(.*)", re.S)
INTEGER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)")
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
         "&&": "||", "||": "&&", "+=": "-=", "-=": "+=", "++": "--", "--": "++",
         "+": "-", "-": "+"}
RETURNED = {"TRUE": "FALSE", "FALSE": "TRUE", "G_SOURCE_REMOVE": "G_SOURCE_CONTINUE",
            "G_SOURCE_CONTINUE": "G_SOURCE_REMOVE"}
KEYWORDS = {"return", "if", "while", "for", "switch", "else", "sizeof", "case", "do"}
# Macros whose arguments are not mutated, and calls that are not removed.
NOT_BEHAVIOUR = re.compile(r"(?:GST_(?:CAT_)?(?:ERROR|WARNING|FIXME|INFO|DEBUG|LOG|TRACE|MEMDUMP)"
                           r"|g_(?:assert|return|warn|debug|critical)|G_(?:DEFINE|STATIC_ASSERT|DECLARE)"
                           r"|G_OBJECT_WARN|GST_(?:DEBUG_CATEGORY|TYPE_|PLUGIN_DEFINE))\w*$")
FREES = re.compile(r"\w*(?:_free|_unref|_lock|_unlock|_destroy|_clear|_(?:free|clear)_full)$"
                   r"|G_(?:UN)?LOCK$|g_(?:rec_)?mutex_init$|g_cond_init$|g_clear_\w+$|va_\w+$")

Mutation = collections.namedtuple("Mutation", "path begin end line column old new macro")
Token = collections.namedtuple("Token", "kind text begin end")


def find_pair(tokens, index):
    """The index of the bracket that closes the one at `index`."""
    depth = 0
    for other in range(index, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[other].text, 0)
        if not depth:
            return other
    return index


def off_by_one(text):
    match = INTEGER.fullmatch(text)
    if not match:
        return []
    base, show = (16, hex) if match[1][:2] in ("0x", "0X") else (10, str)
    value = int(match[1], base)
    return [show(other) + match[2] for other in (value + 1, value - 1) if other >= 0]


def is_array_size(tokens, index):
    """Whether a number is in SIZE of `type name[SIZE]`: more room changes nothing."""
    while index > 2 and tokens[index].text not in ("[", "]", "(", ")", "{", "}", ";"):
        index -= 1
    name, before = tokens[index - 1], tokens[index - 2]
    return (tokens[index].text == "[" and name.kind == "name" and before.text not in KEYWORDS
            and (before.kind == "name" or before.text == "*"))


def find_end(tokens, index):
    """The end of a call that is a statement, if it may be removed."""
    if tokens[index + 1].text != "(" or tokens[index].text in KEYWORDS or FREES.match(tokens[index].text):
        return None
    if tokens[index - 1].text not in (";", "{", "}", ")", "else", ":"):
        return None
    close = find_pair(tokens, index + 1)
    return tokens[close].end if tokens[close + 1].text == ";" else None


def mutate_token(tokens, index, text):
    """(begin, end, new text) of each mutation that begins at a token."""
    token, before = tokens[index], tokens[index - 1] if index else tokens[index]
    if token.kind == "number" and not is_array_size(tokens, index):
        for new in off_by_one(token.text):
            yield token.begin, token.end, new
    elif token.kind == "operator" and token.text in SWAPS:
        binary = before.kind in ("name", "number") or before.text in ")]"
        if token.text not in "+-" or binary and before.text not in KEYWORDS:
            yield token.begin, token.end, SWAPS[token.text]
    elif token.text == "!":
        yield token.begin, token.end, ""
    elif token.text in RETURNED and before.text in ("return", "=", "?", ":"):
        yield token.begin, token.end, RETURNED[token.text]
    elif token.text == "if" and tokens[index + 1].text == "(":
        close = find_pair(tokens, index + 1)
        inner = tokens[index + 2:close]
        swapped = [other.text for other in inner if other.text in ("==", "!=", "&&", "||")]
        if swapped not in (["=="], ["!="]) and inner[0].text != "!":
            begin, end = inner[0].begin, inner[-1].end
            yield begin, end, f"!({text[begin:end]})"
    elif token.kind == "name":
        end = find_end(tokens, index)
        if end is not None:
            yield token.begin, end, "(void) 0" + "\n" * text.count("\n", token.begin, end)


def list_mutations(path, text):
    tokens = [Token(match.lastgroup, match[0], *match.span()) for match in TOKEN.finditer(text)]
    directives = [token for token in tokens if token.kind == "directive"]
    tokens = [token for token in tokens if token.kind not in ("space", "directive")]
    tokens += [Token("end", "", len(text), len(text))] * 2
    found = []

    def add(begin, end, new, macro=None):
        line, column = text.count("\n", 0, begin) + 1, begin - text.rfind("\n", 0, begin)
        found.append(Mutation(path, begin, end, line, column, text[begin:end], new, macro))

    for directive in directives:
        define = DEFINE.match(directive.text)
        for match in TOKEN.finditer(define[2]) if define else ():
            begin = directive.begin + define.start(2) + match.start()
            for new in off_by_one(match[0]) if match.lastgroup == "number" else ():
                add(begin, begin + len(match[0]), new, define[1])
    skip_to = 0
    for index, token in enumerate(tokens[:-2]):
        if token.kind == "name" and NOT_BEHAVIOUR.match(token.text) and tokens[index + 1].text == "(":
            skip_to = max(skip_to, find_pair(tokens, index + 1))
        if index >= skip_to:
            for begin, end, new in mutate_token(tokens, index, text):
                add(begin, end, new)
    return found


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


class Copy:
    """A copy of the sources with its build; number 0 is for counting lines, and never mutated."""

    def __init__(self, source, directory, number, options, suites):
        self.source, self.directory = source, directory
        self.processes = max(1, (os.cpu_count() or 1) // options.jobs)
        self.tree = directory / f"tree{number or ''}"
        self.build = self.tree / BUILD if number else directory / "coverage"
        self.copy_sources()
        # without the seed gcc writes the time into each object with counters
        self.set_up("-Doptimization=2" if number else "-Doptimization=0",
                    *(() if number else ("-Db_coverage=true", "-Dc_args=-frandom-seed=0")))
        if number and options.build and not (self.build / ".ninja_log").exists():
            self.copy_build(options.build.resolve())
        self.tests = self.list_tests(suites)
        self.objects = {os.path.relpath(Path(entry["directory"], entry["file"]), self.tree): entry["output"]
                        for entry in json.loads((self.build / "compile_commands.json").read_text())}

    def copy_sources(self):
        """Brings the copy up to date, and takes a mutation back that a kill left there."""
        def ignore(folder, names):
            return [name for name in names if name[0] in "._" or Path(folder, name) == self.directory
                    or name.startswith("build") and Path(folder, name).is_dir()]

        def copy(source, target):
            if not os.path.exists(target):
                shutil.copy2(source, target)
            elif Path(source).read_bytes() != Path(target).read_bytes():
                shutil.copy(source, target)

        for path in sorted(self.tree.rglob("*"), reverse=True) if self.tree.exists() else ():
            name = path.relative_to(self.tree)
            if path.is_file() and name.parts[0] != BUILD and not (self.source / name).exists():
                path.unlink()
        shutil.copytree(self.source, self.tree, ignore=ignore, copy_function=copy, dirs_exist_ok=True)

    def copy_build(self, build):
        """What is built already, with its times, so that ninja does not build it again."""
        def ignore(folder, names):
            return [name for name in names if name in ("build.ninja", "compile_commands.json")
                    or name.startswith("meson-")]

        shutil.copytree(build, self.build, ignore=ignore, dirs_exist_ok=True)

    def set_up(self, *options):
        if not (self.build / "build.ninja").exists():
            subprocess.run(["meson", "setup", *options, self.build, self.tree], check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def ninja(self, *targets):
        return subprocess.run(["ninja", f"-j{self.processes}", "-C", self.build, *targets], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=BUILD_LIMIT).returncode

    def make_sure(self, *targets):
        if self.ninja(*targets):
            sys.exit(f"This does not build without a mutation: ninja -C {self.build} {targets[0]}")

    def list_tests(self, suites):
        # ninja makes build.ninja again first, where a meson.build has changed
        self.ninja("build.ninja")
        info = {name: json.loads((self.build / f"meson-info/intro-{name}.json").read_text())
                for name in ("tests", "targets")}
        files = {target["id"]: target["filename"] for target in info["targets"]}
        tests = {}
        for test in info["tests"]:
            kinds = {suite.split(":")[-1] for suite in test["suite"]}
            if kinds & suites and test["cmd"][0].startswith(f"{self.build}/"):
                paths = [test["cmd"][0], *(path for one in test["depends"] for path in files.get(one, ()))]
                test["targets"] = sorted({os.path.relpath(path, self.build) for path in paths})
                test["repeat"] = "core" not in kinds
                tests[test["name"]] = test
        return tests

    def run(self, test, limit, **environment):
        """Why a test fails; None: it passes."""
        process = subprocess.Popen(
            test["cmd"], cwd=test["workdir"] or self.directory, start_new_session=True,
            env={**os.environ, "MALLOC_PERTURB_": "165", **test["env"], **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return None if process.wait(limit) in (0, 77) else "failed"
        except subprocess.TimeoutExpired:
            return "too slow"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def read_object(self, target):
        """What is in an object file, but for the lines and columns that it comes from."""
        stripped = self.directory / f"{self.tree.name}.o"
        subprocess.run(["objcopy", "--strip-debug", self.build / target, stripped], check=True)
        return digest(stripped.read_bytes())

    def attempt(self, mutation, tests, notice):
        """The outcome of a mutation, the test that noticed it, and how."""
        if not tests:
            return "not executed", None, None
        target = self.objects[mutation.path]
        if self.ninja(target):
            return "does not compile", None, None
        if self.read_object(target) == self.untouched:
            return "same object", None, None
        for name in tests:
            if self.ninja(*self.tests[name]["targets"]):
                return "does not compile", None, None
            how = notice(self, self.tests[name])
            if how:
                return "noticed", name, how
        return "survived", None, None


class Workshop:
    """The copies of the sources, which test executes which lines, and what was found."""

    def __init__(self, source, directory, options):
        self.directory, self.options, self.lock = directory, options, threading.Lock()
        suites = set(options.suites.split(","))
        self.plain, *self.copies = (Copy(source, directory, number, options, suites)
                                    for number in range(1 + options.jobs))
        self.objects = self.plain.objects
        self.plain.make_sure(*sorted({target for test in self.plain.tests.values() for target in test["targets"]}))
        self.cover()
        self.log = directory / "results.jsonl"
        results = map(json.loads, self.log.read_text().splitlines() if self.log.exists() else ())
        self.results = {result["key"]: result for result in results}

    def cover(self):
        """Which test executes which lines; again for tests that have changed."""
        path = self.directory / "coverage.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        self.coverage = {}
        for name, test in self.plain.tests.items():
            made = digest(b"".join((self.plain.build / target).read_bytes() for target in test["targets"]))
            if known.get(name, {}).get("digest") != made:
                known[name] = {"digest": made, **self.read_lines(name, test)}
                path.write_text(json.dumps(known))
            if known[name]["passes"]:
                self.coverage[name] = known[name]
            else:
                print(f"{name} is left out: it fails without a mutation", flush=True)
        self.code = collections.defaultdict(set)
        for one in self.coverage.values():
            for file, lines in one["code"].items():
                self.code[file].update(lines)

    def read_lines(self, name, test):
        print(f"lines that {name} executes", flush=True)
        counted = self.directory / "counted"
        shutil.rmtree(counted, ignore_errors=True)
        begin = time.monotonic()
        passes = not self.plain.run(test, COVER_LIMIT, GCOV_PREFIX=str(counted))
        seconds = round(time.monotonic() - begin, 1)
        counts = sorted(counted.rglob("*.gcda"))
        for path in counts:  # gcov looks for the notes of the compiler beside them
            path.with_suffix(".gcno").symlink_to(Path("/", path.relative_to(counted)).with_suffix(".gcno"))
        lines, code = collections.defaultdict(set), collections.defaultdict(set)
        output = subprocess.run(["gcov", "--json-format", "--stdout", *counts], cwd=self.plain.build, check=True,
                                stdout=subprocess.PIPE, text=True).stdout if counts else ""
        for report in output.splitlines():
            for file in json.loads(report)["files"]:
                full = (self.plain.build / file["file"]).resolve()
                if self.plain.tree in full.parents:
                    key = str(full.relative_to(self.plain.tree))
                    code[key].update(line["line_number"] for line in file["lines"])
                    lines[key].update(line["line_number"] for line in file["lines"] if line["count"])
        return {"passes": passes, "seconds": seconds, **{kind: {key: sorted(value) for key, value in found.items()}
                                                         for kind, found in (("lines", lines), ("code", code))}}

    def find_tests(self, mutation, text):
        """The tests that execute it: the module's own first, then the folder's, then the quickest."""
        lines = text.splitlines()
        if mutation.macro:
            word = re.compile(rf"\b{mutation.macro}\b")
            wanted = {number for number, line in enumerate(lines, 1)
                      if word.search(line) and not line.startswith("#")} & self.code[mutation.path]
        else:
            number = mutation.line
            while number and number not in self.code[mutation.path] and lines[number - 1][:1] not in ("{", "}"):
                number -= 1
            wanted = {number} & self.code[mutation.path]
        wanted = wanted or self.code[mutation.path]
        folder, stem = os.path.split(mutation.path.removesuffix(".c"))

        def is_near(name):
            return f"tests/{folder}/test-{name}.c" in self.coverage[name]["code"]

        tests = sorted((name for name, one in self.coverage.items() if wanted & set(one["lines"].get(mutation.path, ()))),
                       key=lambda name: (not name.startswith(stem), not is_near(name), self.coverage[name]["seconds"], name))
        far = [name for name in tests if not is_near(name)]
        sums = itertools.accumulate(self.coverage[name]["seconds"] for name in far)
        left_out = {name for name, total in zip(far, sums) if total > self.options.effort}
        return [name for name in tests if name not in left_out] or tests[:1]

    def known(self, mutation, text):
        """What was found before, if it still holds; and what it would be found as."""
        key = f"{mutation.path}:{mutation.begin}:{mutation.old}:{mutation.new}:{digest(text.encode())}"
        tests = self.find_tests(mutation, text)
        reached = digest(" ".join(f"{name} {self.coverage[name]['digest']}" for name in tests).encode())
        result = self.results.get(key)
        if result and result["outcome"] in MISSED and result["reached"] != reached:
            result = None
        return result, key, tests, reached

    def notice(self, copy, test):
        """How a test notices the mutation; None: it does not."""
        limit = max(self.options.time_limit, TIME_FACTOR * self.coverage[test["name"]]["seconds"])
        result = None
        for _ in range(1 + (test["repeat"] and not self.options.once)):
            result = copy.run(test, limit)
            if not result:
                break
        return result

    def try_file(self, copy, path, text, mutations):
        file, target = copy.tree / path, copy.objects[path]
        copy.make_sure(target)
        copy.untouched = copy.read_object(target)
        try:
            for mutation in mutations:
                _, key, tests, reached = self.known(mutation, text)
                file.write_text(text[:mutation.begin] + mutation.new + text[mutation.end:])
                outcome, test, how = copy.attempt(mutation, tests, self.notice)
                result = {"key": key, "outcome": outcome, "by": test, "how": how, "reached": reached}
                with self.lock:
                    self.results[key] = result
                    with self.log.open("a") as log:
                        log.write(json.dumps(result) + "\n")
                    print(f"{describe(mutation)}: {outcome}{f' by {test}' if test else ''}"
                          f"{', too slow' if how == 'too slow' else ''}", flush=True)
        finally:
            file.write_text(text)

    def try_all(self, wanted, texts):
        """Each copy takes the next file when it is done with one."""
        paths = iter(sorted(wanted))

        def work(copy):
            while True:
                with self.lock:
                    path = next(paths, None)
                if path is None:
                    return
                self.try_file(copy, path, texts[path], sorted(wanted[path]))

        with concurrent.futures.ThreadPoolExecutor(len(self.copies)) as pool:
            for done in [pool.submit(work, copy) for copy in self.copies]:
                done.result()


def describe(mutation):
    old, new = (" ".join(part.split()) for part in (mutation.old, mutation.new))
    return f"{mutation.path}:{mutation.line}:{mutation.column}: {old} -> {new or 'nothing'}"


def choose(mutations, results, options):
    """Those to try: by what is known those that do not count are left out."""
    counting = [one for one in mutations if (results(one) or {}).get("outcome") not in MEANINGLESS]
    groups = collections.defaultdict(list)
    for mutation in counting:
        groups[mutation.path if options.per_file else str(Path(mutation.path).parent)].append(mutation)
    if options.per_file:
        return [one for group in groups.values() for one in group[:options.per_file]]
    if not options.sample:
        return counting
    turns = sorted((turn, name, one) for name, group in groups.items() for turn, one in enumerate(group))
    return [one for _, _, one in turns[:options.sample]]


def read_since(source, commit):
    """The lines of each file that the working tree has changed since a commit."""
    diff = subprocess.run(["git", "diff", "-U0", "--no-prefix", commit, "--", "gst", "ext"], cwd=source, check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    changed, path = collections.defaultdict(set), None
    for line in diff.splitlines():
        if line.startswith("+++ "):
            path = line[4:]
        match = re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)
        if match:
            changed[path].update(range(int(match[1]), int(match[1]) + int(match[2] or 1)))
    return changed


def report(chosen, results):
    rows = collections.defaultdict(collections.Counter)
    for mutation in chosen:
        rows[str(Path(mutation.path).parent)][results(mutation)["outcome"]] += 1
    for outcome in MISSED:
        for mutation in chosen:
            if results(mutation)["outcome"] == outcome:
                print(f"{outcome}: {describe(mutation)}")
    print(f"{'module':24} {'mutations':>9} {'noticed':>8} {'not executed':>13}")
    rows["all"] = sum(rows.values(), collections.Counter())
    for module, row in rows.items():
        total = sum(row.values())
        print(f"{module:24} {total:9} {100 * row['noticed'] // max(total, 1):6} % {row['not executed']:13}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     fromfile_prefix_chars="@")
    parser.add_argument("files", nargs="*", metavar="FILE[:LINE]",
                        help="C files or folders of gst/ and ext/; @LIST: those in a file, one on each line")
    parser.add_argument("--since", metavar="COMMIT", help="the lines changed since a commit")
    parser.add_argument("--sample", type=int, metavar="N", help="N at random, the same from each module")
    parser.add_argument("--per-file", type=int, metavar="N", help="N at random from each file")
    parser.add_argument("--seed", default="0", metavar="S", help="of what is taken at random (default: 0)")
    parser.add_argument("--suites", default=SUITES, help=f"whose C programs are run (default: {SUITES})")
    parser.add_argument("--time-limit", type=float, default=20, metavar="SECONDS",
                        help="for a test (default: 20), or four times what it takes without a mutation")
    parser.add_argument("--effort", type=float, default=math.inf, metavar="SECONDS",
                        help="that tests of other folders than the mutation's take together, the quickest first (default: all)")
    parser.add_argument("--once", action="store_true", help="a test need not fail twice")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="copies that are mutated at the same time")
    parser.add_argument("--build", type=Path, help="an up-to-date build in a folder of the sources, to begin with")
    parser.add_argument("--directory", type=Path, help="of the copy and its builds (default: build-mutate)")
    parser.add_argument("--source", type=Path, default=Path(__file__).parents[2], help="the sources")
    return parser.parse_args()


def main():
    options = parse_arguments()
    source = options.source.resolve()
    lines = collections.defaultdict(set)
    for name in options.files or [str(source / "gst"), str(source / "ext")]:
        name, _, number = name.partition(":")
        path = Path(name).resolve()
        for file in [path] if path.is_file() else path.rglob("*.c"):
            lines[str(file.relative_to(source))].add(int(number or 0))
    if options.since:
        changed = read_since(source, options.since)
        lines = {path: changed[path] for path in lines if path in changed}
    texts = {path: (source / path).read_text() for path in sorted(lines)}
    directory = (options.directory or source / "build-mutate").resolve()
    directory.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(source, directory, options)
    mutations = [one for path, text in texts.items() if path in workshop.objects
                 for one in list_mutations(path, text) if lines[path] & {0, one.line}]
    random.Random(options.seed).shuffle(mutations)

    def results(mutation):
        return workshop.known(mutation, texts[mutation.path])[0]

    while True:
        chosen = choose(mutations, results, options)
        wanted = collections.defaultdict(list)
        for one in chosen:
            if not results(one):
                wanted[one.path].append(one)
        if not wanted:
            break
        workshop.try_all(wanted, texts)
    report(sorted(chosen), results)


if __name__ == "__main__":
    main()
