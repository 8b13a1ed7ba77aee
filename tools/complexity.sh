#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# complexity.sh [ROOT] - how many ways lead through a function: McCabe's number as pmccabe counts it, one more than its
# decisions, a switch being one. Prints `file:line: [complexity.ways] what; what to do` for each function of the C
# of src, tests and bench that has more than the ceiling, and exits 1 when there is one. complexity.sh --rules lists the
# rules' names.
#
# A function may be over the ceiling when a comment in it or right above it says why: `branches: <why>`. Such a comment
# above a function that is not over it says nothing and is a breach too.
set -euo pipefail

WAYS_MAX=20

here=$(cd "$(dirname "$0")" && pwd)
if [ "${1-}" = --rules ]; then
    printf '%s\n' complexity.ways complexity.excuse
    exit
fi
cd "${1:-$here/..}"
dirs=()
for dir in src tests bench; do
    [ ! -d "$dir" ] || dirs+=("$dir")
done
mapfile -t files < <(find "${dirs[@]}" -path tests/house/bad -prune -o -name '*.[ch]' -print | LC_ALL=C sort)
[ ${#files[@]} -gt 0 ] || { echo "complexity.sh: no sources under $PWD" >&2; exit 70; }

counted=$(mktemp)
trap 'rm -f "$counted"' EXIT
pmccabe "${files[@]}" >"$counted"

# First the functions: ways, first line, length, place. Then the lines with an excuse: it belongs to the function that it
# stands in, or at most five lines above.
awk -F '\t' -v ways_max="$WAYS_MAX" -v counted="$counted" '
    function breach(file, line, rule, what) { printf "%s:%d: [complexity.%s] %s\n", file, line, rule, what; breaches++ }
    FILENAME == counted {
        split($6, place, /\(|\): /)
        n++
        ways[n] = $1; begin[n] = $4; end[n] = $4 + $5 - 1; file[n] = place[1]; name[n] = place[3]
        next
    }
    {
        split($0, place, ":")
        for (i = 1; i <= n; i++)
            if (file[i] == place[1] && place[2] >= begin[i] - 5 && place[2] <= end[i])
                break
        if (i <= n && ways[i] > ways_max)
            excused[i] = 1
        else
            breach(place[1], place[2], "excuse", "branches: excuses no function with more than " ways_max " ways; remove it")
    }
    END {
        for (i = 1; i <= n; i++)
            if (ways[i] > ways_max && !(i in excused))
                breach(file[i], begin[i], "ways", name[i] " has " ways[i] " ways through it; split it (at most " ways_max "), or a comment says why: branches: ...")
        if (!n) {
            print "complexity.sh: pmccabe found no function"
            exit 70
        }
        exit breaches > 0
    }' "$counted" <(grep -Hn 'branches: ' "${files[@]}" || true)
