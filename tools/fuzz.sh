#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh BUILD SECONDS [TARGET...] - runs each fuzz target that long, as many at once as there are processors.
#
# A target begins with its seeds (tests/fuzz/seeds/TARGET) and with what it found before, which stays in
# BUILD/corpus/TARGET. An input that breaks a promise is kept in BUILD/crashes, and its name and the command that
# runs it again are printed. The last line is "N passed, N failed"; TALLY=FILE: the counts are added to that file too.
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1 seconds=$2
shift 2
targets=("$@")
if [ $# -eq 0 ]; then
    for program in "$build"/tests/fuzz/fuzz_*; do
        [ ! -f "$program" ] || [ ! -x "$program" ] || targets+=("${program##*/fuzz_}")
    done
fi
mkdir -p "$build/crashes" "$build/fuzz-logs"
rm -f "$build"/fuzz-logs/*.failed

fuzz_one() { # TARGET
    local target=$1 program=$build/tests/fuzz/fuzz_$1 log=$build/fuzz-logs/$1.log arguments=() kept
    mkdir -p "$build/corpus/$target"
    for dictionary in "tests/fuzz/dict/$target.dict" "tests/fuzz/dict/${target%%_*}.dict"; do
        [ ! -f "$dictionary" ] || arguments=("-dict=$dictionary")
    done
    arguments+=(-max_total_time="$seconds" -len_control=20 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 -artifact_prefix="$build/crashes/$target-" "$build/corpus/$target")
    [ ! -d "tests/fuzz/seeds/$target" ] || arguments+=("tests/fuzz/seeds/$target")
    if ASAN_OPTIONS=malloc_context_size=8:detect_leaks=1 "$program" "${arguments[@]}" >"$log" 2>&1; then
        awk -v target="$target" '/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
            /^stat::number_of_executed_units/ { runs = $2 }
            END { printf "fuzz %s: %d inputs, %d edges\n", target, runs, edges }' "$log"
        return
    fi
    touch "$build/fuzz-logs/$target.failed"
    kept=$(sed -n 's/.*Test unit written to //p' "$log")
    grep -aE 'mxassay: bug:|ERROR:|SUMMARY:|runtime error|^ +#[0-9]+ .*/(src|tests)/' "$log" | head -20 || true
    echo "fuzz $target: FAILED; the whole story: $log"
    [ -z "$kept" ] || echo "fuzz $target: the input is kept; again: $program $kept"
}

export build seconds
export -f fuzz_one
printf '%s\n' "${targets[@]}" | xargs -P "${JOBS:-$(nproc)}" -I {} bash -euo pipefail -c 'fuzz_one {}'
failed=$(find "$build/fuzz-logs" -name '*.failed' | wc -l)
passed=$((${#targets[@]} - failed))
[ -z "${TALLY-}" ] || echo "$passed $failed 0" >>"$TALLY"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
