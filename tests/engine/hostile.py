#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what hostile servers and zones do to a run, each in a process of its own.

Usage: hostile.py MXASSAY_VIRTUAL MEMORY_MIB FOLDER

Each scenario must be found as it says, in a report that is valid by the schema. Besides, the process may not use more
than so many MiB of memory, the check must be over within its own time limit, and nothing that the other side chose may
reach a terminal: neither the text nor the JSON, as they are written, has control or format characters. Prints a table.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import unicodedata

import jsonschema

import run_scenarios

LIMIT_S = 120
RUN_MS = 120 * 1000


def is_dirty(text):
    """Does it hold what a terminal obeys, or what turns or hides text? Line ends are for the caller to take off."""
    return bool(dirty_places(text))


def dirty_places(text):
    return [at for at, c in enumerate(text) if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")]


def time_limit_ms(scenario):
    options = scenario["options"]
    return int(options[options.index("--timeout") + 1]) * 1000 if "--timeout" in options else RUN_MS


def problems_of(scenario, plan, validator, written, peak_mib, memory_mib):
    result = json.loads(written)
    report, text = result["report"], result["text"]
    if not report:
        return [*result["problems"], "no report"]
    problems = result["problems"] + run_scenarios.check_report(scenario, plan, validator, report, result["exit"])
    problems += [f"not clean: {ascii(written[at - 60:at + 20])}" for at in dirty_places(written.removesuffix("\n"))]
    problems += [f"not clean: line {n} of the text: {ascii(line)}" for n, line in enumerate(text.split("\n"), 1) if is_dirty(line)]
    if report["duration_ms"] > time_limit_ms(scenario):
        problems.append(f"took {report['duration_ms']} ms")
    if not 0 < peak_mib <= memory_mib:
        problems.append(f"used {peak_mib:.1f} MiB of memory, more than {memory_mib}")
    return problems


def row_of(scenario, report, peak_mib):
    """name, how the connections to port 25 ended, what was not learnt and why, virtual duration, memory."""
    outcomes = sorted({e["outcome"] for _, _, e in run_scenarios.endpoints(report)} - {"ok"})
    unknown = sorted({f"{f['id']} ({f['reason']})" for f in report["findings"] if f["verdict"] == "unknown" and f["id"] != "tls.pq-hybrid"})
    return (f"{scenario['name']:32} {report['summary']['status']:12} {' '.join(outcomes) or '-':28} {', '.join(unknown) or '-':42} "
            f"{report['duration_ms'] / 1000:8.3f} s {peak_mib:5.1f} MiB")


def run(program, scenario, plan, validator, memory_mib):
    """A row of the table, and what is wrong."""
    try:
        done = subprocess.run([program, scenario["file"]], capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"{scenario['name']:32} no end", [f"no end within {LIMIT_S} s"]
    errors = done.stderr.decode(errors="replace")
    peak = re.search(r"at most (\d+) KiB of memory", errors)
    if not peak or not done.stdout:
        return f"{scenario['name']:32} no report", [f"ended with status {done.returncode}", *errors.splitlines()[-20:]]
    peak_mib = int(peak.group(1)) / 1024
    written = done.stdout.decode()
    result = json.loads(written)
    row = row_of(scenario, result["report"], peak_mib) if result["report"] else f"{scenario['name']:32} no report"
    return row, problems_of(scenario, plan, validator, written, peak_mib, memory_mib)


def main():
    program, memory_mib, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    plan = json.loads(subprocess.run([program, "--plan", folder], stdout=subprocess.PIPE, check=True).stdout)
    schema = json.loads(pathlib.Path(run_scenarios.SCHEMA).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = [pool.submit(run, program, s, plan, validator, memory_mib) for s in plan["scenarios"]]
        for scenario, future in zip(plan["scenarios"], runs):
            row, problems = future.result()
            wrong += bool(problems)
            print(row, *(f"    {scenario['about']}: {p}" for p in problems[:12]), sep="\n", flush=True)
    print(f"{len(runs)} hostile scenarios, {wrong} not as expected")
    sys.exit(1 if wrong or not runs else 0)


if __name__ == "__main__":
    main()
