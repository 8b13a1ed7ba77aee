#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# scenarios.sh MXASSAY MXASSAY_VIRTUAL SCENARIOS - all scenarios in virtual time, and what their reports are good for. They must
# be as each scenario says; the same, octet for octet, a second time, and for one scenario alone; show each check tripped,
# passed and unknown; and accuse nobody more when TLS is only observed.
set -uo pipefail

mxassay=$1
virtual=$2
scenarios=$3
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
wrong=0

"$virtual" "$scenarios" >"$folder/again" 2>"$folder/log" &
again=$!
/usr/bin/python3 "$here/run_scenarios.py" --keep "$folder/reports" --virtual "$virtual" "$scenarios" || wrong=1
wait "$again" || { cat "$folder/log"; wrong=1; }
cmp "$folder/reports" "$folder/again" || wrong=1

# RSA keys are shared, so this is where the company would show.
for name in static-rsa rsa1024; do
    "$virtual" "$scenarios/$name.scn" >"$folder/alone" 2>/dev/null
    grep -F "{\"name\":\"$name\"," "$folder/reports" | cmp - "$folder/alone" || wrong=1
done

"$here/../../tools/coverage-of-rows.py" "$mxassay" "$virtual" "$scenarios" "$folder/reports" || wrong=1
/usr/bin/python3 "$here/observe.py" "$virtual" "$scenarios" "$folder/reports" || wrong=1
exit $wrong
