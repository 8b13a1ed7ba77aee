#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what hostile servers and zones do to a run, each in a process of its own.

Usage: hostile.py MXASSAY_VIRTUAL MEMORY_MIB FOLDER
       mxassay-lab FOLDER -- hostile.py MXASSAY_VIRTUAL MEMORY_MIB FOLDER MXASSAY

Each scenario must be found as it says, in a report that is valid by the schema. Besides, the process may not use more
than so many MiB of memory, the check must be over within its own time limit, and nothing that the other side chose may
reach a terminal: neither the text nor the JSON, as they are written, has control or format characters. Prints a table.

In the lab each check runs a second time, over real sockets, under the same conditions, but for LOOPBACK_FINDS_OTHERWISE.
Those that take longer than LOOPBACK_MAX_S in virtual time are left out there, and counted.
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
LOOPBACK_MAX_S = 12
LOOPBACK_AT_ONCE = 8
# What is found depends on how the kernel cuts the stream, so over loopback all but the findings is looked at.
LOOPBACK_FINDS_OTHERWISE = {
    "close-notify-at-hello": "the end of the connection may be seen before the alert",
    "injected-flood": "the handshake begins before all octets are there",
    "mx-html": "names come as zone files write them, with \\DDD",
    "tls-flood": "the lines come one by one and pass for replies",
}


def is_dirty(text):
    """Does it hold what a terminal obeys, or what turns or hides text? Line ends are for the caller to take off."""
    return bool(dirty_places(text))


def dirty_places(text):
    return [at for at, c in enumerate(text) if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")]


def time_limit_ms(scenario):
    options = scenario["options"]
    return int(options[options.index("--timeout") + 1]) * 1000 if "--timeout" in options else RUN_MS


class Result:
    """What one check of one scenario gave: report or None, written text, exit status, peak of memory, problems of the driver."""

    def __init__(self, report=None, written="", status=None, peak_mib=0.0, problems=()):
        self.report, self.written, self.status, self.peak_mib, self.problems = report, written, status, peak_mib, list(problems)

    def seconds(self):
        return self.report["duration_ms"] / 1000 if self.report else 0.0

    def hit_limit(self):
        return bool(self.report) and any(f["reason"] == "limit" for f in self.report["findings"])


def run_virtually(program, scenario):
    own = {name: value for name, value in os.environ.items() if not name.startswith("MXASSAY_")}  # the lab's trust store is another
    try:
        done = subprocess.run([program, scenario["file"]], capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S, env=own, check=False)
    except subprocess.TimeoutExpired:
        return Result(problems=[f"no end within {LIMIT_S} s"])
    errors = done.stderr.decode(errors="replace")
    peak = re.search(r"at most (\d+) KiB of memory", errors)
    if not peak or not done.stdout:
        return Result(problems=[f"ended with status {done.returncode}", *errors.splitlines()[-20:]])
    written = done.stdout.decode()
    result = json.loads(written)
    lines = [f"not clean: line {n} of the text: {ascii(line)}" for n, line in enumerate((result["text"] or "").split("\n"), 1) if is_dirty(line)]
    return Result(result["report"], written, result["exit"], int(peak.group(1)) / 1024, result["problems"] + lines)


# A shell that becomes Python when its only child is gone: what Python knows of the memory of children is of that one.
MEASURED = (
    'status=0; "$@" || status=$?; exec /usr/bin/python3 -S -c "import resource, sys; '
    'print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr); sys.exit(int(sys.argv[1]))" "$status"'
)


def run_over_loopback(program, scenario):
    command = ["sh", "-c", MEASURED, "sh", program, "check", "--format", "ndjson", *scenario["options"], scenario["domain"]]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return Result(problems=[f"no end within {LIMIT_S} s"])
    errors = done.stderr.decode(errors="replace").splitlines()
    if not done.stdout:
        return Result(problems=[f"ended with status {done.returncode}", *errors[-20:]])
    written = done.stdout.decode()
    return Result(json.loads(written), written, done.returncode, int(errors[-1]) / 1024)


def problems_of(scenario, result, plan, validator, memory_mib, compare=True):
    if not result.report:
        return [*result.problems, "no report"]
    written, problems = result.written, list(result.problems)
    if compare:
        problems += run_scenarios.check_report(scenario, plan, validator, result.report, result.status)
    else:
        problems += [f"not by the schema: {e.json_path}: {e.message[:300]}" for e in validator.iter_errors(result.report)][:5]
    problems += [f"not clean: {ascii(written[at - 60:at + 20])}" for at in dirty_places(written.removesuffix("\n"))]
    if result.report["duration_ms"] > time_limit_ms(scenario):
        problems.append(f"took {result.report['duration_ms']} ms")
    if not 0 < result.peak_mib <= memory_mib:
        problems.append(f"used {result.peak_mib:.1f} MiB of memory, more than {memory_mib}")
    return problems


def row_of(scenario, virtual, real):
    """name, how the connections to port 25 ended, what was not learnt and why; of both runs duration and memory."""
    report = virtual.report
    if not report:
        return f"{scenario['name']:32} no report"
    outcomes = sorted({e["outcome"] for _, _, e in run_scenarios.endpoints(report)} - {"ok"})
    unknown = sorted({f"{f['id']} ({f['reason']})" for f in report["findings"] if f["verdict"] == "unknown" and f["id"] != "tls.pq-hybrid"})
    return (f"{scenario['name']:32} {report['summary']['status']:12} {' '.join(outcomes) or '-':28} {', '.join(unknown) or '-':42} "
            f"{virtual.seconds():8.3f} s {virtual.peak_mib:5.1f} MiB" + (f" {real.seconds():8.3f} s {real.peak_mib:5.1f} MiB" if real else ""))


def is_for_loopback(virtual):
    return virtual.seconds() <= LOOPBACK_MAX_S


def tell(name, results, wrong, left_out):
    limited = sum(r.hit_limit() for r in results)
    print(f"{name}: {len(results)} hostile scenarios, {wrong} not as expected; {limited} hit a limit; at most {max(r.peak_mib for r in results):.1f} MiB "
          f"and {max(r.seconds() for r in results):.1f} s, {sum(r.seconds() for r in results):.0f} s in all"
          + (f"; {left_out} left out, which take more than {LOOPBACK_MAX_S} s" if left_out else ""))


def stale_names(scenarios):
    return LOOPBACK_FINDS_OTHERWISE.keys() - {s["name"] for s in scenarios}


def main():
    program, memory_mib, folder, *mxassay = sys.argv[1:]
    plan = json.loads(subprocess.run([program, "--plan", folder], stdout=subprocess.PIPE, check=True).stdout)
    schema = json.loads(pathlib.Path(run_scenarios.SCHEMA).read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    scenarios = plan["scenarios"]
    if mxassay and stale_names(scenarios):
        sys.exit(f"no such scenarios: {', '.join(stale_names(scenarios))}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        virtual = list(pool.map(lambda s: run_virtually(program, s), scenarios))
    chosen = [s for s, v in zip(scenarios, virtual) if mxassay and is_for_loopback(v)]
    with concurrent.futures.ThreadPoolExecutor(LOOPBACK_AT_ONCE) as pool:
        real = dict(zip((s["name"] for s in chosen), pool.map(lambda s: run_over_loopback(mxassay[0], s), chosen)))
    wrong = {"in virtual time": 0, "over loopback": 0}
    for scenario, of_virtual in zip(scenarios, virtual):
        of_real = real.get(scenario["name"])
        print(row_of(scenario, of_virtual, of_real), flush=True)
        for name, result in (("in virtual time", of_virtual), ("over loopback", of_real)):
            compare = result is of_virtual or scenario["name"] not in LOOPBACK_FINDS_OTHERWISE
            problems = problems_of(scenario, result, plan, validator, int(memory_mib), compare) if result else []
            wrong[name] += bool(problems)
            print(*(f"    {name}: {scenario['about']}: {p}\n" for p in problems[:12]), sep="", end="")
    tell("in virtual time", virtual, wrong["in virtual time"], 0)
    if mxassay:
        tell("over loopback", list(real.values()), wrong["over loopback"], len(scenarios) - len(real))
    sys.exit(1 if any(wrong.values()) or not scenarios or (mxassay and not real) else 0)


if __name__ == "__main__":
    main()
