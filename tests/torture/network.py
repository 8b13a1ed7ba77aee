#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole checks in which the k-th socket, the k-th connect or the k-th question to the DNS fails, for every k.

In the lab, where all libraries of the process count, at most 40 of each kind are tried, evenly spread.

Usage: network.py --virtual MXASSAY_VIRTUAL_TORTURED SCENARIO...
       mxassay-lab SCENARIO... -- network.py MXASSAY_TORTURED

Both programs are the usual ones with tests/torture/calls.c between them and the network: the first fails in the scripted
twins, the second in the system's calls. Each k is tried twice: that call alone fails; from then on all of its kind do.
What must hold: the process says that it cannot work, and why; or it ends as usual, with a report that is valid. That
accuses the target of nothing that an untortured run does not find; and if less is known than then, it says so: something
is unknown, for a reason that is our own, or the report is incomplete. Prints a table.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

import jsonschema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "engine"))
import run_scenarios  # pylint: disable=wrong-import-position,import-error

KINDS = ("socket", "connect", "lookup")
AT_ONCE = 16
LIMIT_S = 120
# What may be unknown for want of a socket, a way or an answer.
OUR_REASONS = {"internal", "blocked_egress", "no_route", "dns_failure", "budget"}
SHOWN_PROBLEMS = 12
EX_DATAERR, EX_UNAVAILABLE = 65, 69


def counts_of(errors):
    """What the program says it asked for, one dictionary a scenario."""
    return [dict(zip(KINDS, map(int, found))) for found in re.findall(r"^torture: socket (\d+) connect (\d+) lookup (\d+)$", errors, re.M)]


def failing(report):
    return {run_scenarios.key_of(f): f for f in report["findings"] if f["verdict"] == "fail"}


def unknown(report):
    return {run_scenarios.key_of(f): f for f in report["findings"] if f["verdict"] == "unknown"}


def known_less(good, report):
    """Checks with fewer answers than in the untortured run."""
    answers = {c["id"]: c["pass"] + c["fail"] for c in report["checks"]}
    return [c["id"] for c in good["checks"] if answers.get(c["id"], 0) < c["pass"] + c["fail"]]


def problems_of(good, report, validator):
    wrong = [f"not by the schema: {e.json_path}: {e.message[:200]}" for e in validator.iter_errors(report)][:3]
    if wrong:
        return wrong
    before = failing(good)
    for key, finding in failing(report).items():
        if key not in before and finding["owner"] != "probe":
            wrong.append(f"a false accusation: {run_scenarios.shown(key)}: {finding['detail']}")
    new = {key: f for key, f in unknown(report).items() if key not in unknown(good)}
    wrong += [f"unknown for a reason that is not our own: {run_scenarios.shown(key)}: {f['detail']}" for key, f in new.items() if f["reason"] not in OUR_REASONS]
    less = known_less(good, report)
    if less and not new and not report["incomplete"] and not any(f["owner"] == "probe" for key, f in failing(report).items() if key not in before):
        wrong.append(f"less is known, and nothing says so: {', '.join(less)}")
    return wrong


class Virtual:
    """All scenarios in one process; the report of each is a line."""

    k_count = 10000  # every k

    def __init__(self, program, files):
        self.program = program
        plan = json.loads(subprocess.run([program, "--plan", *files], stdout=subprocess.PIPE, check=True).stdout)
        self.scenarios = plan["scenarios"]

    def run(self, scenarios, demand):
        """For each scenario: counts, report, problems."""
        done = subprocess.run([self.program, *(s["file"] for s in scenarios)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=LIMIT_S, env=os.environ | {"TORTURE": demand}, check=False)
        results = [json.loads(line) for line in done.stdout.splitlines()]
        counts = counts_of(done.stderr)
        for at, _ in enumerate(scenarios):
            if at >= len(results) or at >= len(counts):
                yield None, None, [f"ended with status {done.returncode}", *done.stderr.splitlines()[-20:]]
                return
            # What is not asked for any more does not take place: that is no fault.
            problems = [p for p in results[at]["problems"] if not p.endswith("never took place")]
            yield counts[at], results[at]["report"], problems if results[at]["report"] else problems or ["no report"]

    def batches(self, scenarios):
        return [scenarios]


class Real:
    """A process each, in the lab. libunbound asks from a socket each, so not every k has its turn."""

    k_count = 40

    def __init__(self, program):
        self.program = program
        self.scenarios = json.loads(pathlib.Path(os.environ["MXASSAY_LAB_PLAN"]).read_bytes())["scenarios"]

    def run(self, scenarios, demand):
        for s in scenarios:
            done = subprocess.run([self.program, "check", "--json", *s["options"], s["domain"]], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=LIMIT_S, env=os.environ | {"TORTURE": demand}, check=False)
            counts = counts_of(done.stderr)
            told = done.returncode in (EX_DATAERR, EX_UNAVAILABLE) and re.search(r"^mxassay: .*: \S", done.stderr, re.M)
            try:
                yield counts[0], None if told and not done.stdout else json.loads(done.stdout), []
            except (IndexError, ValueError):
                yield None, None, [f"ended with status {done.returncode}", *done.stderr.splitlines()[-20:]]

    def batches(self, scenarios):
        return [[s] for s in scenarios]


def ks_of(count, k_count):
    """At most about so many, evenly spread."""
    return range(1, count + 1, 1 + count // k_count)


def demands(counts, k_count):
    """Each with the scenarios that ask often enough."""
    for kind in KINDS:
        for k in range(1, max(c[kind] for c in counts.values()) + 1):
            for after in ("", " on"):
                yield f"{kind} {k}{after}", [file for file, c in counts.items() if k in ks_of(c[kind], k_count)]


def main():
    virtual = sys.argv[1] == "--virtual"
    driver = Virtual(sys.argv[2], sys.argv[3:]) if virtual else Real(sys.argv[1])
    schema = json.loads(run_scenarios.SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    by_file = {s["file"]: s for s in driver.scenarios}
    good, counts, tally, wrong = {}, {}, collections.defaultdict(collections.Counter), 0
    for scenario, (count, report, problems) in zip(driver.scenarios, driver.run(driver.scenarios, "")):
        if problems or not report:
            sys.exit(f"{scenario['name']}: fails without torture: {problems}")
        good[scenario["file"]], counts[scenario["file"]] = report, count

    def work(job):
        demand, batch = job
        return demand, batch, list(driver.run(batch, demand))

    jobs = [(demand, batch) for demand, files in demands(counts, driver.k_count) for batch in driver.batches([by_file[f] for f in files])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() if virtual else AT_ONCE) as pool:
        for demand, batch, results in pool.map(work, jobs):
            for scenario, (_, report, problems) in zip(batch, results):
                row = tally[scenario["name"]]
                row["runs"] += 1
                if report:
                    sound = good[scenario["file"]]
                    problems = problems + problems_of(sound, report, validator)
                    row["incomplete" if report["incomplete"] else "unknown" if unknown(report).keys() - unknown(sound).keys() else "same"] += 1
                else:
                    row["told"] += not problems
                if problems:
                    wrong += 1
                    print(f"{scenario['name']}: {demand} fails:", *(f"    {p}" for p in problems[:SHOWN_PROBLEMS]), sep="\n", flush=True)
    print(f"{'scenario':20}" + "".join(f"{kind + 's':>9}" for kind in KINDS) + f"{'runs':>7}{'as without':>12}{'says unknown':>14}{'incomplete':>12}{'no report':>11}")
    for file, count in counts.items():
        row = tally[by_file[file]["name"]]
        print(f"{by_file[file]['name']:20}" + "".join(f"{count[kind]:9}" for kind in KINDS) +
              f"{row['runs']:7}{row['same']:12}{row['unknown']:14}{row['incomplete']:12}{row['told']:11}")
    runs = sum(row["runs"] for row in tally.values())
    print(f"{len(counts)} scenarios, {runs} runs, {wrong} not as they should be")
    sys.exit(1 if wrong or not runs else 0)


if __name__ == "__main__":
    main()
