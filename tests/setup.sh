#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs the packages that are missing; the one list of them. Where there is no
# apt-get it names what is missing instead.
#
# Usage: sh tests/setup.sh demo|browser|check|valgrind|benchmarks|systems
set -eu

# Debian and Ubuntu packages: for the demo, for calls with a browser on top of that, for the tests, ...
demo_packages="
  gcc libc6-dev meson ninja-build pkg-config python3
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libnice-dev libjson-glib-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
browser_packages="
  iproute2 util-linux python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-plugins-bad-1.0 gir1.2-soup-3.0
  libgstreamer-plugins-bad1.0-dev gstreamer1.0-plugins-bad gstreamer1.0-nice"
check_packages="
  binutils ca-certificates clang clang-format coturn glib-networking graphviz iputils-ping libclang-rt-dev
  nftables openssl procps python3-aioice python3-matplotlib gir1.2-nice-0.1"
valgrind_packages="valgrind"
benchmarks_packages="gnuplot-nox gstreamer1.0-nice iproute2 util-linux"
systems_packages="debootstrap git util-linux"
# The tests that need it are skipped where there is none, as in Ubuntu.
browser_optional="chromium"

# The same for other systems.
demo_commands="cc meson ninja pkg-config python3 gst-launch-1.0 gst-inspect-1.0"
demo_modules="gstreamer-1.0 gstreamer-base-1.0 gstreamer-net-1.0 gstreamer-video-1.0
  nice json-glib-1.0 gio-2.0"
demo_elements="videotestsrc vp8enc vp8dec rtpvp8pay rtpvp8depay rtpjitterbuffer pngenc
  multifilesink"
browser_commands="ip setpriv"
browser_modules="gstreamer-webrtc-1.0"
browser_elements="opusenc webrtcbin dtlssrtpdec srtpdec sctpdec nicesrc nicesink"
browser_python="gi"
check_commands="nm nft openssl ping sysctl turnserver unshare"
check_elements="webmmux rtpbin mulawenc opusparse mpegtsmux tsdemux uridecodebin3 urisourcebin"
check_python="aioice matplotlib"
benchmarks_commands="gnuplot"
systems_commands="debootstrap git unshare"
benchmarks_elements="nicesrc nicesink udpsrc udpsink"

usage () {
  sed -n 's/^# Usage: //p' "$0"
  exit 2
}

is_installed () {
  [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c 1-2)" = ii ]
}

list_missing_packages () {
  for package in $packages; do
    is_installed "$package" || echo "$package"
  done
}

as_root () {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

is_wanted () {
  [ -n "$1" ] && ! is_installed "$1" && apt-cache show --no-all-versions "$1" >/dev/null 2>&1
}

install () {
  echo "Installing: $*"
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install "$@" >/dev/null
}

install_packages () {
  # shellcheck disable=SC2046 # one word each
  set -- $(list_missing_packages)
  [ $# -gt 0 ] || is_wanted "$optional" || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    [ $# -gt 0 ] || return 0
    echo "Packages are missing; install them as root: apt-get install $*"
    exit 1
  fi
  as_root apt-get -qq update
  [ $# = 0 ] || install "$@"
  if is_wanted "$optional"; then # apt knows by now
    install "$optional" || echo "$optional can not be installed; the tests that need it are skipped."
  fi
}

list_missing_parts () {
  for command in $commands; do
    command -v "$command" >/dev/null || echo "the command $command"
  done
  for module in $modules; do
    pkg-config --exists "$module" 2>/dev/null || echo "the pkg-config module $module"
  done
  for element in $elements; do
    gst-inspect-1.0 --exists "$element" 2>/dev/null ||
      echo "the GStreamer element $element"
  done
  for module in $python; do
    python3 -c "import $module" 2>/dev/null || echo "the Python module $module"
  done
}

check_parts () {
  missing=$(list_missing_parts)
  [ -n "$missing" ] || return 0
  echo "This is no Debian or Ubuntu, so please install what is missing:"
  echo "$missing"
  exit 1
}

[ $# = 1 ] || usage
packages=$demo_packages
commands=$demo_commands
modules=$demo_modules
elements=$demo_elements
python=
optional=
case $1 in
  demo) ;;
  systems)
    packages=$systems_packages
    commands=$systems_commands
    modules=
    elements=
    ;;
  benchmarks)
    packages="$packages $benchmarks_packages"
    commands="$commands $benchmarks_commands"
    elements="$elements $benchmarks_elements"
    ;;
  browser | check | valgrind)
    packages="$packages $browser_packages"
    commands="$commands $browser_commands"
    modules="$modules $browser_modules"
    elements="$elements $browser_elements"
    python=$browser_python
    optional=$browser_optional
    ;;
  *) usage ;;
esac
if [ "$1" = check ] || [ "$1" = valgrind ]; then
  packages="$packages $check_packages $benchmarks_packages"
  commands="$commands $check_commands"
  elements="$elements $check_elements"
  python="$python $check_python"
fi
if [ "$1" = valgrind ]; then
  packages="$packages $valgrind_packages"
  commands="$commands valgrind"
fi

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
  install_packages
else
  check_parts
fi
