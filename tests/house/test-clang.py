#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Does clang take every C file that the build compiles, without a warning? Nothing
is generated: this needs a third of the time.

Usage: test-clang.py BUILD_ROOT
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

SKIPPED = 77
WITH_VALUE = {"-o", "-MF", "-MQ", "-MT"}
OUTPUT = {"-c", "-MD"}


def list_files(build, clang):
    """Returns the command for each file; those of several programs once."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if pathlib.Path(entry["file"]).suffix != ".c":
            continue
        words = iter(shlex.split(entry["command"]))
        if pathlib.Path(next(words)).name == "ccache":
            next(words)
        command = [clang, "-fsyntax-only", "-Werror"]
        for word in words:
            if word in WITH_VALUE:
                next(words)
            elif word not in OUTPUT and not re.match("-fsanitize|-flto|--coverage", word):
                command.append(word)
        commands[entry["file"]] = command
    return commands


def look(build, file, command):
    return file, subprocess.run(command, cwd=build, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, check=False)


def main():
    build = pathlib.Path(sys.argv[1])
    clang = shutil.which("clang-14") or shutil.which("clang")
    if clang is None:
        print("skipped: clang is not installed")
        sys.exit(SKIPPED)
    commands = list_files(build, clang)
    assert commands, "compile_commands.json names no C file"
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, ran in pool.map(lambda item: look(build, *item), commands.items()):
            if ran.returncode != 0 or ran.stdout:
                bad += 1
                print(f"{file}:\n{ran.stdout}")
    print(f"{len(commands)} files, {bad} with warnings or errors")
    sys.exit(bad > 0)


main()
