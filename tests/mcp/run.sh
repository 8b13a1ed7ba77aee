#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh SCRIPT ARGUMENT... - runs a script that needs the modules of package-lock.json.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
command -v node >/dev/null || { echo 'mcp: node is missing; tools/mcp.sh installs it' >&2; exit 1; }
[ -e "$here/node_modules/made-of" ] || { echo 'mcp: what package-lock.json names is missing; tools/mcp.sh installs it' >&2; exit 1; }
exec node "$@"
