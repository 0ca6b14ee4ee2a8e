#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the demo and the tests on other Debian systems and prints a table of the
# results: docs/systems.md has the last one.
set -eu

usage () {
  cat <<END
Usage: sh tests/systems.sh [OPTION...] SYSTEM... [-- TEST...]
Makes a chroot of each system by debootstrap and runs tests/demo.sh and
tests/check.sh in it. A chroot is kept, and brought up to date the next time.
Needs root.

A system is a suite of Debian, with -i386, -user (the tests as an ordinary user)
and -with (with what --with installs) after it where wanted:
bookworm, bookworm-user, bookworm-i386, bookworm-with, trixie, sid, sid-with ...
all: $all; with --with also bookworm-with and sid-with.

  --dir DIR    where the chroots and logs are; default: build-systems
  --with DIR   a folder that is copied into the chroot; its install.sh runs there,
               in the copy, after the packages are installed. For another version
               of libnice or GStreamer: a checkout, and an install.sh that builds
               it and installs it into /usr
  --help       this text

TEST...: only these tests (see meson test --list), and no demo.
END
}

all="bookworm bookworm-user trixie sid bookworm-i386"
top=$(cd "$(dirname "$0")/.." && pwd)
dir=$top/build-systems
with=
child=
table=

# The first Debian mirror in this system's sources of packages.
find_mirror () {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sed 's/#.*//' |
    grep -Eo 'https?://[^ ]*/debian/?( |$)' | head -n 1 | tr -d ' ' | grep . ||
    echo http://deb.debian.org/debian
}

stop () {
  trap - EXIT
  [ -z "$child" ] || kill -KILL "$child" 2>/dev/null || true
  exit 130
}

# Its mounts and processes end with it, and with this script.
isolate () {
  unshare --mount --pid --fork --kill-child -- "$@" </dev/null &
  child=$!
  status=0
  wait "$child" || status=$?
  child=
  return $status
}

parse_name () {
  name=$1
  suite=${name%%-*}
  architecture= user= patched=
  for part in $(echo "${name#"$suite"}" | tr - ' '); do
    case $part in
      i386) architecture=i386 ;;
      user) user=user ;;
      with) patched=with ;;
      *) echo "$name: what is $part?" >&2; exit 2 ;;
    esac
  done
  if [ -n "$patched" ] && [ -z "$with" ]; then
    echo "$name needs --with" >&2
    exit 2
  fi
  root=$dir/$suite${architecture:+-$architecture}${patched:+-$patched}
  log=$dir/$name.log
}

make_root () {
  [ ! -e "$root/.complete" ] || return 0
  rm -rf "$root"
  # what a power failure would lose is made again: no fsync
  isolate debootstrap --variant=minbase ${architecture:+--arch="$architecture"} \
    "$suite" "$root" "$(find_mirror)" || return 1
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
  # no package starts its server
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  touch "$root/.complete"
}

copy_sources () {
  rm -rf "$root/gst-ice" "$root/with" &&
    mkdir "$root/gst-ice" "$root/with" &&
    git -C "$top" ls-files -z | tar -C "$top" -c --null -T - | tar -C "$root/gst-ice" -x &&
    cp -L /etc/resolv.conf "$root/etc/resolv.conf" || return 1
  # how this system reaches its mirror
  apt-config dump | grep -E '^Acquire::(Check-|http|https)' >"$root/etc/apt/apt.conf.d/99host" || true
  [ -z "$patched" ] || tar -C "$with" -c . | tar -C "$root/with" -x
}

# In namespaces of its own. The root is changed rather than chroot() called, which
# would forbid user namespaces.
enter () {
  # shellcheck disable=SC2016 # for the inner shell
  isolate ${architecture:+setarch "$architecture"} sh -euc '
    mount --bind "$1" "$1"
    cd "$1"
    mount -t proc proc proc
    mount --rbind /sys sys
    mount --rbind /dev dev
    mount -t tmpfs -o mode=1777 tmp tmp
    mount -t tmpfs -o mode=755 run run
    mkdir -p .outside
    pivot_root . .outside
    cd /
    umount -l /.outside
    shift
    exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      TERM=dumb CI=true sh /gst-ice/tests/systems.sh --inside "$@"
  ' sh "$root" "$@"
}

# From here to the end of run_inside(): in the chroot.

print_versions () {
  version () { pkg-config --modversion "$1" 2>/dev/null || echo none; }
  echo "versions: GStreamer $(version gstreamer-1.0), libnice $(version nice), GLib $(version glib-2.0)," \
    "gcc $(gcc -dumpfullversion), coturn $(dpkg-query -W -f '${Version}' coturn | sed 's/[-+].*//')," \
    "nft $(nft --version | grep -o '[0-9][0-9.]*' | head -n 1)," \
    "Python $(python3 -c 'import platform; print(platform.python_version())')," \
    "PyGObject $(python3 -c 'import gi; print(gi.__version__)')"
}

as_user () {
  id tester >/dev/null 2>&1 || useradd --create-home tester
  chown -R tester: /gst-ice
  setpriv --reuid tester --regid tester --init-groups env HOME=/home/tester "$@"
}

run_inside () {
  user=$1 patched=$2
  shift 2
  cd /gst-ice
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y dist-upgrade >/dev/null
  status=0
  demo="not run"
  if [ $# = 0 ] && [ -z "$user$patched" ]; then
    demo=passed
    sh tests/demo.sh || { demo=failed; status=1; }
  fi
  sh tests/setup.sh check
  [ -z "$patched" ] || (cd /with && sh ./install.sh)
  print_versions
  echo "demo: $demo"
  if [ -n "$user" ]; then
    as_user sh tests/check.sh "$@" || status=$?
  else
    sh tests/check.sh "$@" || status=$?
  fi
  return $status
}

# By the last line that meson printed of each test: it may have been repeated.
list_failed () {
  sed -nE 's/^ *[0-9]+\/[0-9]+ (.*[ :])?([^ :]+) +(OK|FAIL|TIMEOUT|ERROR|INTERRUPT) .*/\2 \3/p' "$log" |
    awk '{ last[$1] = $2 } END { for (name in last) if (last[name] != "OK") print name }' |
    sort | tr '\n' ' '
}

add_row () {
  versions=$(sed -n 's/^versions: //p' "$log" | tail -n 1)
  demo=$(sed -n 's/^demo: //p' "$log" | tail -n 1)
  check=$(grep -E '^[0-9]+ passed, ' "$log" | tail -n 1 || true)
  table="$table
| $name | ${versions:-the set-up failed, see $log} | ${demo:--} | ${check:--} | $(list_failed)|"
  sed -n "s/^skipped: /- $name: /p" "$log" >>"$skipped"
}

case ${1:-} in
  --inside) shift; run_inside "$@"; exit ;;
esac

names=
while [ $# -gt 0 ]; do
  case $1 in
    --dir) dir=$2; shift ;;
    --with)
      with=$(cd "$2" && pwd)
      [ -f "$with/install.sh" ] || { echo "--with $2: there is no install.sh in it" >&2; exit 2; }
      shift ;;
    --help) usage; exit ;;
    --) shift; break ;;
    -*) usage >&2; exit 2 ;;
    all) names="$names $all${with:+ bookworm-with sid-with}" ;;
    *) names="$names $1" ;;
  esac
  shift
done
[ -n "$names" ] || { usage >&2; exit 2; }
sh "$top/tests/setup.sh" systems
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
skipped=$dir/skipped
: >"$skipped"
trap stop INT TERM HUP

failed=0
for name in $names; do
  parse_name "$name"
done
for name in $names; do
  parse_name "$name"
  echo "$name: $log has the progress"
  { make_root && copy_sources && enter "$user" "$patched" "$@"; } >"$log" 2>&1 || failed=1
  add_row
done
echo "$(date -u +%Y-%m-%d), $(git -C "$top" log -1 --format=%h):"
echo
echo "| system | versions | demo | check | failed |
|---|---|---|---|---|$table"
echo
cat "$skipped"
exit $failed
