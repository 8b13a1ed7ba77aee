#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lab_cleans_up.sh LAB SCENARIO - a lab ends as its command does, and leaves neither processes nor files behind.
# shellcheck disable=SC2016 # the scripts expand in the shell that the lab runs
set -uo pipefail

lab=$1 scenario=$2
folder=$(mktemp -d)
export TMPDIR=$folder
trap 'rm -rf "$folder"' EXIT
wrong=0

runs() { # STATUS SCRIPT: what the lab's status must be when this is its command; the script writes pids to a file
    local status
    : >"$folder/pids"
    PIDS=$folder/pids "$lab" "$scenario" -- bash -c "$2" >"$folder/out" 2>&1
    status=$?
    if [ "$status" -ne "$1" ]; then
        echo "exit status $status, not $1: $2"
        cat "$folder/out"
        wrong=1
    fi
    while read -r pid; do
        if kill -0 "$pid" 2>/dev/null; then
            echo "process $pid is left over: $2"
            kill -9 "$pid"
            wrong=1
        fi
    done <"$folder/pids"
    if compgen -G "$folder/mxassay-lab.*" >/dev/null; then
        echo "files are left over: $2"
        wrong=1
    fi
}

runs 0 'test -s "$MXASSAY_CA_FILE" && test -s "$MXASSAY_ROOT_HINTS" && test -s "$MXASSAY_TRUST_ANCHOR" && test -s "$MXASSAY_LAB_PLAN"'
runs 42 'exit 42'
runs 7 'sleep 1000 & echo $! >>"$PIDS"; (setsid sleep 1000 & echo $! >>"$PIDS"); exit 7'
runs 143 'sleep 1000 & echo $! >>"$PIDS"; echo $$ >>"$PIDS"; kill -TERM $PPID; wait'
runs 137 'trap "" TERM; echo $$ >>"$PIDS"; kill -KILL $$'
exit "$wrong"
