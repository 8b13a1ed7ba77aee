#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# language_is_fresh.sh LAB FILE - is the description of the scenario language what the lab makes of its table?
set -euo pipefail
"$1" --language | diff -u "$2" - || {
    echo "$2 is stale; make it again: $1 --language >doc/scenario.md" >&2
    exit 1
}
