#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Is every C file formatted by .clang-format? To format one:
# clang-format-14 -i FILE
#
# Usage: test-format.sh SOURCE_ROOT
set -eu

version=14 # others write some lines differently
skipped=77

find_formatter () {
  for formatter in "clang-format-$version" clang-format; do
    case $("$formatter" --version 2>/dev/null) in
      *"version $version."*) return 0 ;;
    esac
  done
  echo "clang-format $version is not installed"
  exit $skipped
}

cd "$1"
find_formatter
find gst ext tests -name '*.[ch]' -exec "$formatter" --dry-run -Werror {} +
