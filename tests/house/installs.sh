#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# installs.sh - tools/install.sh waits for another apt-get that holds a lock, and for nothing else. dpkg-query, apt-get, id and
# sleep are stand-ins here: nothing is installed.
set -euo pipefail

tools=$(cd "$(dirname "$0")/../../tools" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
stand_in() { # NAME, then its body from standard input
    { printf '#!/bin/bash\n' && cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}
stand_in dpkg-query <<<'exit 1'
stand_in id <<<'echo 0'
stand_in sleep <<<"echo \"waited \$1\" >>'$work/log'"
stand_in apt-get <<END
grep -oE '\bupdate|\binstall\b' <<<" \$* " | head -1 >>'$work/log'
case " \$* " in
*' update '*)
    left=\$(cat '$work/failures')
    [ "\$left" -gt 0 ] || exit 0
    echo \$((left - 1)) >'$work/failures'
    cat '$work/error' >&2
    exit 100
    ;;
esac
END

wrong=0
expect() { # ABOUT FAILURES ERROR STATUS LOG
    local status=0 log
    echo "$2" >"$work/failures"
    echo "$3" >"$work/error"
    : >"$work/log"
    PATH=$work/bin:$PATH "$tools/install.sh" lab >"$work/out" 2>&1 || status=$?
    log=$(paste -sd, "$work/log")
    if [ "$status" -ne "$4" ] || [ "$log" != "$5" ]; then
        echo "$1: exit $status, $log; wanted exit $4, $5"
        cat "$work/out"
        wrong=1
    fi
}
locked='E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)'
expect 'nobody else installs' 0 '' 0 'update,install'
expect 'another holds the lock twice' 2 "$locked" 0 'update,waited 5,update,waited 5,update,install'
expect 'the archive is out of reach' 1 'E: Failed to fetch' 1 'update'
expect 'another never ends' 99 "$locked" 1 "$(for _ in {1..60}; do printf 'update,waited 5,'; done | sed 's/,$//')"
exit $wrong
