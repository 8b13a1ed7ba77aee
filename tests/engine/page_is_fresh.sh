#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# page_is_fresh.sh FILE LAB ARGUMENT... - is a page of the documentation what the lab prints?
set -euo pipefail
file=$1
lab=$(readlink -f "$2")
cd "$(dirname "$0")/../.."
shift 2
"$lab" "$@" | diff -u "$file" - || {
    echo "$file is stale; make it again: make generated" >&2
    exit 1
}
