#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mcp.sh - puts there what MCP is tested with: node, and the clients, the suite and the linter that tests/mcp/package-lock.json names.
set -euo pipefail
cd "$(dirname "$0")/.."

made_of=tests/mcp/node_modules/made-of
if cmp -s tests/mcp/package-lock.json "$made_of"; then
    exit 0
fi
tools/install.sh script
echo 'mcp: npm ci'
npm --prefix tests/mcp ci --prefer-offline --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 --loglevel=error >&2
cp tests/mcp/package-lock.json "$made_of"
