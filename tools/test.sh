#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test.sh [--valgrind] BUILD [SUITE[,SUITE...]...] - runs test suites one after another, as stages, and counts. Those that stand
# together run at the same time.
#
# Without names: every suite there is, the quick ones first and "real" last. That one needs root, for it makes
# namespaces. The last line is "N passed, N failed", with ", N skipped" when a stage could not run; a test that
# skips itself counts as failed. TALLY=FILE: the counts are added to that file too, for .ci/run to sum up.
set -euo pipefail
cd "$(dirname "$0")/.."

options=()
if [ "$1" = --valgrind ]; then
    options=(--timeout-multiplier 20 --wrapper
        'valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite,possible')
    shift
fi
build=$1
shift
passed=0 failed=0 skipped=0

all_suites() {
    meson introspect --tests "$build" | /usr/bin/python3 -c '
import json, sys
order = ["house", "unit", "process", "cli", "virtual", "scenario"]
rank = lambda s: (s == "real", order.index(s) if s in order else len(order), s)
print(*sorted({s.split(":")[-1] for t in json.load(sys.stdin) for s in t["suite"]}, key=rank))'
}

stage() { # SUITE
    local suite=$1 log seconds=$SECONDS ok wrong name together=()
    for name in ${suite//,/ }; do
        together+=(--suite "$name")
    done
    echo "== $suite"
    if [ "$suite" = real ] && [ "$(id -u)" -ne 0 ]; then
        echo "real: not run: it makes network namespaces and needs root; run: sudo make test"
        skipped=$((skipped + 1))
        return
    fi
    # Among many some only wait.
    [ "${#together[@]}" -le 2 ] || together+=(--num-processes $(($(nproc) + 1)))
    log=$(mktemp)
    meson test -C "$build" --no-rebuild --print-errorlogs "${together[@]}" "${options[@]}" 2>&1 |
        tee "$log" | grep -vE '^(ninja:|Full log written|.*: +0 *$|$)' || true
    ok=$(awk '/^Ok: / { n += $2 } END { print n + 0 }' "$log")
    wrong=$(awk '/^(Fail|Unexpected Pass|Skipped|Timeout): / { n += $NF } END { print n + 0 }' "$log")
    rm -f "$log"
    if [ $((ok + wrong)) -eq 0 ]; then
        echo "$suite: no test ran"
        wrong=1
    fi
    passed=$((passed + ok)) failed=$((failed + wrong))
    echo "-- $suite: $ok passed, $wrong failed in $((SECONDS - seconds)) s"
}

[ $# -gt 0 ] || read -ra suites < <(all_suites)
[ $# -eq 0 ] || suites=("$@")
for suite in "${suites[@]}"; do
    stage "$suite"
done
[ -z "${TALLY-}" ] || echo "$passed $failed $skipped" >>"$TALLY"
echo "$passed passed, $failed failed$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
[ "$failed" -eq 0 ]
