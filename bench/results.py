# SPDX-License-Identifier: Apache-2.0
"""RESULTS.md: a row for each figure that was measured. A figure that is measured again takes its row's place."""
import datetime
import pathlib
import platform
import subprocess

FILE = pathlib.Path(__file__).resolve().parent / "RESULTS.md"
HEAD = """# Results

Written by `bench/run --record bulk`. The program under test has one core, the farm the other; CPU is user and system time of
mxassay's whole process, start and end included. [README.md](README.md) says what each figure is.

| figure | goal | measured | when | on |
|---|---|---|---|---|
"""


def machine():
    model = next((line.partition(":")[2].strip() for line in open("/proc/cpuinfo", encoding="utf-8") if line.startswith("model name")), "unknown CPU")
    versions = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}, ", "libssl3", "libunbound8"], capture_output=True, text=True, check=False).stdout
    return f"{model}, Linux {platform.release().partition('-')[0]}, {versions.strip(', ')}"


def commit():
    said = subprocess.run(["git", "-C", FILE.parent, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return said.stdout.strip() or "no commit"


def record(rows):
    """rows: (what, goal, value)"""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else HEAD
    lines = text.removeprefix(HEAD).splitlines()
    today, on = datetime.date.today().isoformat(), machine()
    for what, goal, value in rows:
        line = f"| {what} | {goal} | {value} | {today}, {commit()} | {on} |"
        same = [i for i, old in enumerate(lines) if old.startswith(f"| {what} |")]
        if same:
            lines[same[0]] = line
        else:
            lines.append(line)
    FILE.write_text(HEAD + "".join(line + "\n" for line in lines), encoding="utf-8")
