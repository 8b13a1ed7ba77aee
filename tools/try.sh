#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# try.sh BUILD [DOMAIN] - a first look at mxassay: checks DOMAIN, or without one some domains of a lab on this machine.
#
# The lab is mxassay-lab with a few of the scenarios: name servers and mail servers in a network namespace of its own,
# so that neither the Internet nor any set-up is needed. The exit status is 0 when the verdicts are those that the
# scenarios expect.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
if [ -n "${2-}" ]; then
    exec "$build/mxassay" check "$2"
fi

# Domain in the lab, and what a reader should look at.
domains=(
    base 'A healthy domain: signed, two mail hosts, good certificates. The report is short.'
    expired 'The certificate of the first mail host expired. Mail still flows, which is why nobody has noticed.'
    no-tls-backup 'The backup offers no encryption: whoever can disturb the way to the first host reads the mail.'
    open-relay 'The servers take mail for anybody. No message is ever sent to find that out: the test ends at RCPT.'
    dangling 'The backup is under a name that does not exist: whoever registers it gets mail.'
    421 'The servers send us away for now. That says nothing about them: the result is inconclusive, not bad.'
)

if [ -z "${MXASSAY_LAB_PLAN-}" ]; then
    files=()
    for ((i = 0; i < ${#domains[@]}; i += 2)); do
        files+=("$here/tests/scenarios/${domains[i]}.scn")
    done
    exec "$build/tests/engine/mxassay-lab" "${files[@]}" -- "$here/tools/try.sh" "$build"
fi

for ((i = 0; i < ${#domains[@]}; i += 2)); do
    printf '\n# %s\n$ mxassay check %s.test\n\n' "${domains[i + 1]}" "${domains[i]}"
    "$build/mxassay" check "${domains[i]}.test" && status=0 || status=$?
    printf '\n(exit status %d)\n' "$status"
done
printf '\n# Every verdict against what the scenario of the domain says:\n\n'
/usr/bin/python3 "$here/tests/engine/run_scenarios.py" "$build/mxassay"
printf '\nA domain of your own: make try DOMAIN=example.org\n'
