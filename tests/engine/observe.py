#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every scenario twice in virtual time, with full handshakes and with --tls observe, and holds one against the other.

Usage: observe.py MXASSAY_VIRTUAL SCENARIOS [REPORTS]

REPORTS: what mxassay-virtual wrote of full handshakes, when that is there.

What is observed may leave a verdict unknown. It must accuse nobody whom a handshake does not accuse, and pass nothing that
fails behind one. Scenarios that need --deep are left out, for the two exclude each other.
"""
import json
import os
import pathlib
import subprocess
import sys

SEEN_TWICE = "tls.starttls-stable"  # applies where a second connection was made, which is here the one for proof


def key_of(finding):
    subject = finding["subject"]
    return (finding["id"], subject.get("host"), subject.get("ip"), subject.get("port"))


def fails(report):
    return {key_of(f): f["detail"] for f in report["findings"] if f["verdict"] == "fail"}


def passes(report):
    """How many objects of each check pass."""
    return {c["id"]: c["pass"] for c in report["checks"]}


def senders(report):
    return {(s["profile"], w["host"], w["ip"]): w["outcome"] for s in report["senders"] for w in s["addresses"]}


def written(virtual, files, mode):
    return subprocess.run([virtual, *files], stdout=subprocess.PIPE, env={**os.environ, "MXASSAY_TLS": mode}, check=False).stdout


def by_name(lines):
    return {r["name"]: r for r in map(json.loads, lines.splitlines())}


def compare(full, observed):
    """Lines that say what must not be."""
    lines = []
    for key, detail in fails(observed).items():
        if key not in fails(full):
            lines.append(f"fails when it is observed, not behind a handshake: {key}: {detail}")
    for ident, count in passes(observed).items():
        if count > passes(full)[ident] and ident != SEEN_TWICE:
            lines.append(f"{ident} passes {count} times when it is observed, {passes(full)[ident]} times behind a handshake")
    for key, outcome in senders(observed).items():
        if outcome not in ("unknown", senders(full)[key]):
            lines.append(f"mail from {key}: {outcome} when it is observed, {senders(full)[key]} behind a handshake")
    return lines


def main():
    virtual, scenarios, *kept = sys.argv[1:]
    plan = json.loads(subprocess.run([virtual, "--plan", scenarios], stdout=subprocess.PIPE, check=True).stdout)
    files = [s["file"] for s in plan["scenarios"] if not {"--deep", "--tls"} & set(s["options"])]
    full = by_name(pathlib.Path(kept[0]).read_bytes() if kept else written(virtual, files, "full"))
    observed = by_name(written(virtual, files, "observe"))
    wrong = seen = 0
    for name, result in observed.items():
        lines = compare(full[name]["report"], result["report"])
        lines += [p for p in result["problems"] if "never took place" not in p]
        seen += any(e["tls"] and e["tls"]["observed"] for h in result["report"]["hosts"] for a in h["addresses"] for e in a["endpoints"])
        wrong += bool(lines)
        if lines:
            print(name, *lines, sep="\n  ")
    print(f"{len(observed)} scenarios: TLS was observed in {seen}, {wrong} are not alike")
    sys.exit(1 if wrong or len(observed) != len(files) or not seen else 0)


if __name__ == "__main__":
    main()
