#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# install.sh GROUP... - installs what is missing of the packages that tools/packages lists for these groups.
#
# Asks nothing and says what it does. With nothing missing it asks dpkg once and is silent. Root installs
# directly, others through sudo when that needs no password; else the command to run is printed and the
# exit status is 69. On a system without dpkg it only says so: meson then names what it does not find.
# When something else installs, be it this script or a timer of the system, it waits up to five minutes.
set -euo pipefail

list=$(dirname "$0")/packages

wanted() {
    awk -v groups="$*" '
        BEGIN { count = split(groups, g, " "); for (i = 1; i <= count; i++) want[g[i]] = 1 }
        { sub(/#.*/, "") }
        $1 ~ /^\[/ { group = substr($1, 2, length($1) - 2); known[group] = 1; next }
        NF && group in want { print $1, $2 }
        END { for (name in want) if (!(name in known)) { print "no group " name > "/dev/stderr"; exit 1 } }' "$list"
}

missing() {
    local status
    status=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    printf '%s\n' "$@" | grep -vxF "$(sed -n 's/^installed //p' <<<"$status")" || true
}

as_root=()
run() {
    echo "install: ${as_root[*]-} $*" | tr -s ' '
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" </dev/null
}

mapfile -t packages < <(wanted "$@")
[ ${#packages[@]} -gt 0 ] || { echo "install.sh: no packages for: $*" >&2; exit 70; }
for i in "${!packages[@]}"; do
    read -r name file <<<"${packages[i]}"
    packages[i]=$name
    [ ! -e "${file:-/nowhere}" ] || unset "packages[i]"
done
[ ${#packages[@]} -gt 0 ] || exit 0
if ! command -v dpkg-query >/dev/null; then
    echo "install: no dpkg here; install the counterparts of these Debian packages: ${packages[*]}" >&2
    exit 0
fi
mapfile -t lacking < <(missing "${packages[@]}")
[ ${#lacking[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        echo "install: packages are missing, and only root can install them. Run as root, then make again:" >&2
        echo "  apt-get install --no-install-recommends ${lacking[*]}" >&2
        exit 69
    fi
fi
# For the lock on the lists apt-get itself does not wait: DPkg::Lock::Timeout is for dpkg's.
update_lists() {
    local log
    log=$(mktemp)
    for _ in {1..60}; do
        if run apt-get -q -o Acquire::Retries=3 update 2>&1 | tee "$log"; then
            rm -f "$log"
            return 0
        fi
        grep -q 'Could not get lock' "$log" || break
        sleep 5
    done
    rm -f "$log"
    return 1
}

update_lists
run apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install --no-install-recommends "${lacking[@]}"
