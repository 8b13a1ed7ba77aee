#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the domain of every scenario and compares what is found with what the scenario says.

Usage: mxassay-lab tests/scenarios -- run_scenarios.py MXASSAY
       mxassay-lab tests/scenarios -- run_scenarios.py --pooled POOLED
       run_scenarios.py [--keep REPORTS] --virtual MXASSAY_VIRTUAL tests/scenarios

The first runs inside mxassay-lab, whose plan it reads, all scenarios side by side and the slowest first, so that the
whole run lasts as long as the slowest. The second is the same by way of a worker, which knows no exit status and is told
neither of an MX set that should be there nor of other reports. The third takes all reports from one run of mxassay-virtual, and keeps
them in a file when it is told one. Findings must be
exactly those expected: each failed check and each unknown one with its reason, about the right objects, and the exit
status. What differs is shown beside the scenario.
"""
import concurrent.futures
import itertools
import json
import os
import pathlib
import subprocess
import sys
import time

import jsonschema

AT_ONCE = 8
LIMIT_S = 240
TRANSCRIPT_LINES = 8
SCENARIO_COLUMNS = 60
OF_CHECK_ALONE = {"--expect-mx", "--elsewhere", "--earlier"}
SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "doc" / "report.schema.json"


def mail_hosts(report):
    return [h for h in report["hosts"] if h["role"] == "mail"]


def endpoints(report):
    """Of mail hosts, and of those that are for submission only."""
    for host in report["hosts"]:
        for address in host["addresses"]:
            for endpoint in address["endpoints"]:
                yield host["host"], address["ip"], endpoint


def family_of(ip):
    return 6 if ":" in ip else 4


def key_of(finding):
    """A finding as comparable words: id, reason of an unknown, host, ip, port as far as its scope goes."""
    subject = finding["subject"]
    depth = ["domain", "host", "address", "endpoint"].index(subject["scope"])
    place = (subject.get("host"), subject.get("ip"), subject.get("port"))[:depth]
    return (finding["id"], finding["reason"] if finding["verdict"] == "unknown" else None, *place)


def meant(expectation, host, ip=None, port=None):
    """Is this object one that the expectation is about?"""
    objects = expectation["objects"]
    return not objects or any(
        o["host"] == host and (ip is None or o["family"] in (0, family_of(ip))) and o.get("port", port) == port for o in objects)


def keys_expected(expectation, report):
    """The keys an expectation stands for; the scope is that of the findings with its id."""
    found = [f for f in report["findings"] if f["id"] == expectation["id"]]
    head = (expectation["id"], expectation.get("reason"))
    scope = found[0]["subject"]["scope"] if found else None
    ports = {f["subject"].get("port") for f in found}
    if scope in (None, "domain"):
        return {head}
    if scope == "host":
        return {(*head, h["host"]) for h in mail_hosts(report) if meant(expectation, h["host"])}
    if scope == "address":
        return {(*head, h["host"], a["ip"]) for h in mail_hosts(report) for a in h["addresses"] if meant(expectation, h["host"], a["ip"])}
    return {(*head, host, ip, e["port"]) for host, ip, e in endpoints(report) if e["port"] in ports and meant(expectation, host, ip, e["port"])}


def without_hybrid_group(scenario, report):
    """What a scenario expects where the TLS library cannot do the hybrid key exchange: that it says so, wherever TLS 1.3 is spoken.
    Where ClientHellos made by hand asked for it the servers, which have the same library, refuse it."""
    if scenario["hybrid"]:
        return scenario
    spoken = {None: [], False: [], True: []}
    for host, ip, e in endpoints(report):
        if e["tls"] and (e["tls"]["version"] or "").endswith("1.3"):
            spoken[(e["tls_survey"] or {}).get("hybrid")].append({"host": host, "family": family_of(ip), "port": e["port"]})
    fail = [e for e in scenario["fail"] if e["id"] != "tls.pq-hybrid"]
    fail += [{"id": "tls.pq-hybrid", "objects": spoken[False]}] if spoken[False] else []
    unknown = [{"id": "tls.pq-hybrid", "reason": "internal", "objects": spoken[None]}] if spoken[None] else []
    return {**scenario, "fail": fail, "unknown": scenario["unknown"] + unknown}


def shown(key):
    ident, reason, *place = key
    return ident + (f" ({reason})" if reason else "") + (" [" + " ".join(str(p) for p in place) + "]" if place else "")


def transcript_of(report, place):
    lines = []
    for host, ip, endpoint in endpoints(report):
        if place and (host, ip)[:len(place)] == tuple(place)[:2]:
            last = endpoint["transcript"][-TRANSCRIPT_LINES:] if endpoint["transcript"] else []
            lines += [f"  {host} {ip} port {endpoint['port']}: {endpoint['outcome']}"]
            lines += [f"    {t['t_ms']:6} {t['from']}: {t['text']}" for t in last]
    return lines


def compare_senders(expectation, report):
    """What becomes of mail from one sort of sender, at some addresses or for the domain: lines that say what differs."""
    profile, expected = expectation["id"], expectation["reason"]
    sender = next((s for s in report["senders"] if s["profile"] == profile), None)
    if not sender:
        return [f"the report knows no senders {profile}"]
    ways = [(profile, sender)]
    if expectation["objects"]:
        ways = [(f"{profile} [{w['host']} {w['ip']}]", w) for w in sender["addresses"] if meant(expectation, w["host"], w["ip"])]
    lines = [] if ways else [f"senders {profile} are not seen there"]
    for name, way in ways:
        found = ("delayed-" if way["delayed"] else "") + way["outcome"].removeprefix("deliver_")
        if found != expected:
            lines += [f"senders {name}: {found}, not {expected}", f"  {way.get('explanation') or way.get('why')}"]
    return lines


def compare(scenario, report, status):
    """Lines that say what differs; none when all is as expected."""
    expected = set()
    for expectation in scenario["fail"] + scenario["unknown"]:
        expected |= keys_expected(expectation, report)
    found = {key_of(f): f for f in report["findings"]}
    lines = []
    for key in sorted(expected - set(found), key=str):
        lines += [f"expected, not found: {shown(key)}", *transcript_of(report, key[2:])]
    for key in sorted(set(found) - expected, key=str):
        lines += [f"found, not expected: {shown(key)}", f"  {found[key]['detail']}", *transcript_of(report, key[2:])]
    for expectation in scenario["senders"]:
        lines += compare_senders(expectation, report)
    if status != scenario["exit"]:
        lines.append(f"exit status {status}, not {scenario['exit']}")
    return lines


def check_report(scenario, plan, validator, report, status):
    """Lines that say what is wrong with a report; none when all is as expected."""
    wrong = [f"not by the schema: {e.json_path}: {e.message[:300]}" for e in validator.iter_errors(report)]
    if wrong:
        return wrong[:5]
    if not plan["hybrid_group"]:
        scenario = without_hybrid_group(scenario, report)
    return compare(scenario, report, status)


def check(mxassay, pooled, scenario, plan, validator):
    command = [mxassay, "check", "--json", *scenario["options"], scenario["domain"]]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return [f"no report within {LIMIT_S} s"]
    try:
        report = json.loads(run.stdout)
    except ValueError:
        return [f"exit status {run.returncode} and no report", *("  " + line for line in run.stderr.splitlines()[-20:])]
    return check_report(scenario, plan, validator, report, scenario["exit"] if pooled and run.returncode == 0 else run.returncode)


def check_all_over_loopback(mxassay, pooled, plan, validator):
    scenarios = sorted(plan["scenarios"], key=lambda s: -s["longest_wait_ms"])
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {pool.submit(check, mxassay, pooled, s, plan, validator): s for s in scenarios}
        for run in concurrent.futures.as_completed(runs):
            yield runs[run], run.result()


def check_all_virtually(program, paths, keep, plan, validator):
    run = subprocess.run([program, *paths], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    if keep:
        pathlib.Path(keep).write_bytes(run.stdout)
    printed = run.stdout.splitlines()
    for scenario, line in zip(plan["scenarios"], printed):
        result = json.loads(line)
        lines = check_report(scenario, plan, validator, result["report"], result["exit"]) if result["report"] else ["no report"]
        twice = [f"the DNS was asked twice about {result['asked_twice']}"] if result["asked_twice"] else []
        yield scenario, result["problems"] + twice + lines
    for scenario in plan["scenarios"][len(printed):len(printed) + 1]:
        yield scenario, [f"no report: mxassay-virtual ended with status {run.returncode}"]


def beside(scenario, lines):
    """The scenario's text on the left, what is wrong on the right."""
    text = pathlib.Path(scenario["file"]).read_text(encoding="utf-8", errors="replace").splitlines()
    numbered = [f"{number:4} {line}"[:SCENARIO_COLUMNS] for number, line in enumerate(text, 1)]
    return [f"{left:{SCENARIO_COLUMNS}} | {right}" for left, right in itertools.zip_longest(numbered, lines, fillvalue="")]


def main():
    keep = sys.argv[2] if sys.argv[1] == "--keep" else None
    if keep:
        del sys.argv[1:3]
    virtual, pooled = sys.argv[1] == "--virtual", sys.argv[1] == "--pooled"
    if virtual:
        plan_text = subprocess.run([sys.argv[2], "--plan", *sys.argv[3:]], stdout=subprocess.PIPE, check=True).stdout
    else:
        plan_text = pathlib.Path(os.environ["MXASSAY_LAB_PLAN"]).read_bytes()
    plan = json.loads(plan_text)
    if pooled:
        plan["scenarios"] = [s for s in plan["scenarios"] if not OF_CHECK_ALONE & set(s["options"])]
    if not SCHEMA.exists():
        sys.exit(f"{SCHEMA} is missing: no report can be held against its schema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    began = time.monotonic()
    fine = wrong = 0
    if virtual:
        results = check_all_virtually(sys.argv[2], sys.argv[3:], keep, plan, validator)
    else:
        results = check_all_over_loopback(sys.argv[2 if pooled else 1], pooled, plan, validator)
    for scenario, lines in results:
        fine += not lines
        if lines:
            wrong += 1
            print(f"{scenario['name']}: {scenario['about']} ({scenario['file']})", *beside(scenario, lines), sep="\n", flush=True)
    missing = len(plan["scenarios"]) - fine - wrong
    print(f"{len(plan['scenarios'])} scenarios: {fine} as expected, {wrong} not, {missing} not run, in {time.monotonic() - began:.0f} s")
    sys.exit(1 if wrong or missing else 0)


if __name__ == "__main__":
    main()
