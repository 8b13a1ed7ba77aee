#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# virtual_repeats.sh MXASSAY_VIRTUAL SCENARIOS - all scenarios twice give the same octets, and so does one of them alone.
set -euo pipefail

virtual=$1
scenarios=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$virtual" "$scenarios" >"$folder/first" || true
"$virtual" "$scenarios" >"$folder/second" || true
[ -s "$folder/first" ] || { echo "no reports"; exit 1; }
cmp "$folder/first" "$folder/second"

# RSA keys are shared, so this is where the company would show.
for name in static-rsa rsa1024; do
    "$virtual" "$scenarios/$name.scn" >"$folder/alone"
    grep -F "{\"name\":\"$name\"," "$folder/first" | cmp - "$folder/alone"
done
