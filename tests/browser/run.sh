#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh types | run.sh pages LAB MXASSAY WORLD... - holds the script's types together; runs page.mjs in the worlds of the lab.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
web=$(cd "$here/../../web" && pwd)

need() { # FILE WHAT
    [ -e "$1" ] || {
        echo "browser: $2 is missing ($1)" >&2
        exit 1
    }
}
command -v node >/dev/null || {
    echo 'browser: node is missing; tools/web.sh installs it' >&2
    exit 1
}
need "$web/node_modules/typescript" 'what web/package-lock.json names; tools/web.sh installs it: typescript'
if [ "$1" = types ]; then
    exec node "$web/node_modules/typescript/bin/tsc" -p "$web"
fi
need "${CHROMIUM:-/usr/bin/chromium}" "a browser; tools/install.sh browser installs it: Debian's chromium"
lab=$2 mxassay=$3
shift 3
exec "$lab" "$@" -- node "$here/page.mjs" "$mxassay"
