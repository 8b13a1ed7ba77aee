#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run_cleans_up.sh RUN MXASSAY - a run that is stopped while its servers are up ends at once and leaves nothing behind.
set -uo pipefail

run=$1 mxassay=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
wrong=0

left_over() { # processes that have the run's folder in their command line, or their root or standard output in it
    local process
    for process in /proc/[0-9]*; do
        { tr '\0' ' ' <"$process/cmdline" && readlink "$process/root" "$process/fd/1"; } 2>/dev/null | grep -qF "$folder/mxassay-real-" && echo "${process#/proc/}"
    done
}

stopped_by() { # SIGNAL STATUS
    local pid status
    : >"$folder/out"
    TMPDIR=$folder "$run" --mxassay "$mxassay" postfix-greets-late >"$folder/out" 2>&1 &
    pid=$!
    for ((i = 0; i < 1200; i++)); do
        grep -q 'hosts are up' "$folder/out" && break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.5
    done
    [ -n "$(left_over)" ] || { echo "SIG$1: no server was running"; cat "$folder/out"; wrong=1; }
    kill "-$1" "$pid"
    timeout 20 tail --pid="$pid" -f /dev/null || { echo "SIG$1: still running after 20 s"; kill -KILL "$pid"; wrong=1; }
    wait "$pid"
    status=$?
    [ "$status" -eq "$2" ] || { echo "SIG$1: exit status $status, not $2"; cat "$folder/out"; wrong=1; }
    for ((i = 0; i < 20; i++)); do
        [ -n "$(left_over)" ] || break
        sleep 0.5
    done
    [ -z "$(left_over)" ] || { echo "SIG$1: left over:" && ps -fp "$(left_over | tr '\n' ' ')"; wrong=1; }
    [ "$1" = KILL ] || ! compgen -G "$folder/mxassay-real-*" || { echo "SIG$1: files are left over"; wrong=1; }
}

stopped_by TERM 143
stopped_by KILL 137
exit "$wrong"
