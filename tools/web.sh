#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# web.sh - puts there what the script of the pages is built and tested with: node, and the modules that web/package-lock.json names.
#
# Nothing in C needs them. Where they cannot be had it says so and ends well: then the pages are built without their script.
set -euo pipefail
cd "$(dirname "$0")/.."

without() {
    echo "web: $1; the pages of mxassay serve are built without their script" >&2
    exit 0
}

made_of=web/node_modules/made-of
if cmp -s web/package-lock.json "$made_of"; then
    exit 0
fi
tools/install.sh script || without 'node and npm are missing'
command -v npm >/dev/null || without 'npm is missing'
echo 'web: npm ci'
npm --prefix web ci --prefer-offline --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 --loglevel=error >&2 ||
    without 'npm ci has failed'
cp web/package-lock.json "$made_of"
