#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which checks no scenario trips, which none passes, and which none leaves unknown.

Usage: coverage-of-rows.py MXASSAY MXASSAY_VIRTUAL tests/scenarios [REPORTS]

Counts come from the `checks` of all reports of mxassay-virtual, which REPORTS holds when there is one. Each check of the table needs a scenario that trips it,
one that passes it and one that leaves it unknown; those that cannot have one stand in EXCUSED, with the reason, for as long as it holds.
"""
import collections
import json
import pathlib
import subprocess
import sys

# What no scenario can show: (check, verdict): why.
EXCUSED = {
    ("mx.implicit", "pass"): "it is asked of domains without MX record only",
    ("mx.address-public", "unknown"): "an address that is not known is nothing that it could be judged of",
    ("pool.certificate", "unknown"): "certificates that are not known are not compared",
}
EXCUSED_WITHOUT_HYBRID_GROUP = {
}


def main():
    mxassay, virtual, scenarios, *kept = sys.argv[1:]
    listed = json.loads(subprocess.run([mxassay, "explain", "--list", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    plan = json.loads(subprocess.run([virtual, "--plan", scenarios], stdout=subprocess.PIPE, check=True).stdout)
    reports = pathlib.Path(kept[0]).read_bytes() if kept else subprocess.run([virtual, scenarios], stdout=subprocess.PIPE, check=True).stdout
    count = collections.Counter()
    for line in reports.splitlines():
        for check in json.loads(line)["report"]["checks"]:
            for verdict in ("fail", "pass", "unknown"):
                count[check["id"], verdict] += check[verdict]
    excused = EXCUSED | ({} if plan["hybrid_group"] else EXCUSED_WITHOUT_HYBRID_GROUP)
    wrong = []
    for check in listed:
        for verdict, does in (("fail", "trips it"), ("pass", "passes it"), ("unknown", "leaves it unknown")):
            key = (check["id"], verdict)
            if not count[key] and key not in excused:
                wrong.append(f"{check['id']}: no scenario {does}; add one to tests/scenarios")
            if count[key] and key in excused:
                wrong.append(f"{check['id']}: a scenario {does}; take it out of EXCUSED")
    known = {check["id"] for check in listed}
    wrong += [f"{ident}: is excused but in no table" for ident, _ in EXCUSED if ident not in known]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(listed)} checks, {len(plan['scenarios'])} scenarios, {len(excused)} excuses, {len(wrong)} wrong")
    sys.exit(1 if wrong or not listed else 0)


if __name__ == "__main__":
    main()
