#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh BUILD - cppcheck and clang-tidy over the C of src, bench and the tests, shellcheck over the scripts.
# Every warning is an error; one that is wrong is silenced where it stands, with the reason beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$(cd "$1" && pwd)
jobs=${JOBS:-$(nproc)}
passed=0 failed=0

stage() { # NAME COMMAND...
    local name=$1 seconds=$SECONDS
    shift
    echo "== $name"
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    echo "-- $name: $((SECONDS - seconds)) s"
}

sources() { # of src only, or of everything compiled
    /usr/bin/python3 - "$build" "$1" <<'PY'
import json, os, sys
build, below = sys.argv[1:]
top = os.getcwd()
files = {os.path.normpath(os.path.join(e["directory"], e["file"])) for e in json.load(open(build + "/compile_commands.json"))}
print(*sorted(os.path.relpath(f, top) for f in files if f.startswith(os.path.join(top, below)) and not f.startswith(build)), sep="\n")
PY
}

run_cppcheck() {
    mkdir -p "$build/cppcheck"
    cppcheck --quiet --project="$build/compile_commands.json" --cppcheck-build-dir="$build/cppcheck" -j "$jobs" \
        --enable=warning,performance,portability --inline-suppr --suppress='*:*/cmocka.h' --suppress=missingIncludeSystem \
        --library=posix,gnu,openssl --error-exitcode=1 --template='{file}:{line}: [{id}] {message}'
}

run_clang_tidy() {
    sources src/ | xargs -P "$jobs" -n 1 clang-tidy --quiet -p "$build" --extra-arg=-Wno-unknown-warning-option \
        2> >(grep -vE 'warnings? (generated|treated)|^Suppressed|^Use -' >&2)
}

run_shellcheck() {
    find . -name 'build*' -prune -o \( -name '*.sh' -o -path ./.ci/run \) -not -path './tests/house/bad/*' -print0 | xargs -0 shellcheck
}

stage cppcheck run_cppcheck
stage clang-tidy run_clang_tidy
stage shellcheck run_shellcheck
[ -z "${TALLY-}" ] || echo "$passed $failed 0" >>"$TALLY"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
