#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`mxassay tlsa` in the lab: what it prints for servers whose TLSA records are right, wrong, stale, partial, unsigned or gone.

Usage, inside mxassay-lab: tlsa.py PATH-OF-MXASSAY
"""
import json
import re
import subprocess
import sys

LINE = re.compile(r"_(\d+)\._tcp\.([a-z0-9.-]+)\. IN TLSA ([23]) 1 1 ([0-9a-f]{64})")
FINE, TO_DO, INCONCLUSIVE = 0, 1, 2

# host, exit status, records printed by usage, of these published by usage, states of all that is published, DNSSEC
CASES = [
    ("mx1.base.test", FINE, "32", "32", ["matching", "matching"], "secure"),
    ("mx1.tlsa-stale.test", TO_DO, "32", "32", ["matching", "matching", "stale"], "secure"),
    ("mx1.tlsa-wrong.test", TO_DO, "32", "", ["stale", "stale"], "secure"),
    ("mx1.each-key.test", TO_DO, "332", "3", ["matching"], "secure"),
    ("mx1.tlsa-usage1.test", TO_DO, "32", "", ["unusable"], "secure"),
    ("mx2.tlsa-partial.test", TO_DO, "32", "", [], "secure"),
    ("mx2.tlsa-servfail.test", INCONCLUSIVE, "32", "", None, "indeterminate"),
    ("mx1.no-tls.test", INCONCLUSIVE, "", "", [], "insecure"),
]
BASES = {"mx2.alias-dane.test": "real.alias-dane.test"}


def run(binary, *arguments):
    return subprocess.run([binary, "tlsa", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def records(text):
    """(port, owner, usage, data) of each line that is no comment; a line of another form is a failure."""
    found = []
    for line in text.splitlines():
        if not line or line.startswith(";"):
            continue
        match = LINE.fullmatch(line)
        if not match:
            raise AssertionError(f"no line for a zone file: {line!r}")
        found.append(match.groups())
    return found


def problems(binary, host, status, printed, published, states, dnssec):
    text, as_json = run(binary, host), run(binary, "--json", host)
    report = json.loads(as_json.stdout)
    of_json = [served[kind] for kind in ("key_record", "issuer_record") for served in report["served"] if served[kind]]
    if text.returncode != status or as_json.returncode != status:
        yield f"exit status {text.returncode}, as JSON {as_json.returncode}, not {status}"
    lines = records(text.stdout)
    if "".join(usage for _, _, usage, _ in lines) != printed:
        yield f"usages printed: {lines}"
    if {data for *_, data in lines} != {record["data"] for record in of_json}:
        yield "text and JSON are not of the same records"
    if any((port, owner) != ("25", BASES.get(host, host)) for port, owner, *_ in lines):
        yield f"owners: {lines}"
    if sorted({(record["usage"], record["data"]) for record in of_json if record["published"]}, reverse=True) != sorted(
            {(int(usage), data) for _, _, usage, data in lines if f";   {usage} 1 1 {data}" in text.stdout}, reverse=True):
        yield "text and JSON differ in what is published"
    if "".join(sorted((str(record["usage"]) for record in of_json if record["published"]), reverse=True)) != published:
        yield f"published: {of_json}"
    found = None if report["published"] is None else sorted(record["state"] for record in report["published"])
    if found != states:
        yield f"states {found}, not {states}"
    if report["dnssec"] != dnssec:
        yield f"DNSSEC {report['dnssec']}, not {dnssec}"
    if "RFC 7671" not in text.stdout:
        yield "it says nothing of how a key is renewed"


def several_servers(binary):
    done = run(binary, "--format", "ndjson", "mx1.base.test", "mx2.alias-dane.test")
    bases = [json.loads(line)["base"] for line in done.stdout.splitlines()]
    if bases != ["mx1.base.test", "real.alias-dane.test"] or done.returncode != FINE:
        yield f"{bases}, exit status {done.returncode}"
    array = json.loads(run(binary, "--json", "mx1.base.test", "mx1.base.test:465").stdout)
    if [entry["port"] for entry in array] != [25, 465]:
        yield f"an array of {array}"


def main():
    binary = sys.argv[1]
    rows = [(case[0], problems(binary, *case)) for case in CASES] + [("several servers", several_servers(binary))]
    failed = 0
    for name, found in rows:
        found = list(found)
        failed += bool(found)
        if found:
            print(f"FAILED {name}: {'; '.join(found)}")
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
