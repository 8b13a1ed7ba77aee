#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build.sh DIR [-Doption=value]... - sets the build folder up when it is not or was for other options, and builds
# what is out of date. JOBS=N: at most N compilers at once.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1
shift
made_with="$*"
[ ! -e web/node_modules/.bin/esbuild ] || made_with+=' and the script of the pages'
if [ ! -f "$build/build.ninja" ] || [ "$(cat "$build/made-with" 2>/dev/null)" != "$made_with" ]; then
    echo "build: meson setup $build $*"
    mkdir -p "$build"
    again=()
    [ ! -f "$build/build.ninja" ] || again=(--reconfigure)
    meson setup "${again[@]}" "$build" "$@" >"$build/setup.log" 2>&1 || {
        cat "$build/setup.log" >&2
        exit 70
    }
    echo "$made_with" >"$build/made-with"
fi
quiet=(--quiet)
[ ! -t 1 ] || quiet=()
ninja -C "$build" "${quiet[@]}" ${JOBS:+-j "$JOBS"}
