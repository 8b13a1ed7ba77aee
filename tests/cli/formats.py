#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several targets in each format: one document, whatever the format; -o FILE; the plugin check_mx and its exit statuses.

No network is needed: the resolver is a closed port of this machine, so every report says that nothing could be learned.

Usage: formats.py PATH-OF-MXASSAY
"""
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

mxassay = pathlib.Path(sys.argv[1]).resolve()
DEAF = ["--no-smtp", "--no-dnsbl", "--timeout", "1", "--resolver", "127.0.0.1@1"]
TARGETS = ["a.example", "b.example"]
INCONCLUSIVE, UNKNOWN, USAGE = 2, 3, 64
wrong = 0


def complain(what):
    global wrong
    wrong += 1
    print("FAILED", what)


def run(program, *arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MXASSAY_")}
    return subprocess.run([program, *arguments], env={**clean, **environment}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


def are_two_in_html(text):
    return text.count("<!DOCTYPE html>") == 1 and text.count("</html>") == 1 and all(f"<h1>{t}</h1>" in text for t in TARGETS)


def are_two_in_csv(text):
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    return text.count('"checked_at"') == 1 and {row["target"] for row in rows} == set(TARGETS)


def are_two_in_metrics(text):
    names = re.findall(r"^# TYPE (\S+) gauge$", text, re.M)
    return len(names) == len(set(names)) and all(f'probe_success{{target="{t}"}} 0' in text for t in TARGETS)


DOCUMENTS = {
    "text": lambda text: re.findall(r"^(\S+)  INCONCLUSIVE", text, re.M) == TARGETS,
    "json": lambda text: [r["target"]["name"] for r in json.loads(text)] == TARGETS,
    "ndjson": lambda text: [json.loads(line)["target"]["name"] for line in text.splitlines()] == TARGETS,
    "html": are_two_in_html,
    "markdown": lambda text: re.findall(r"^## (\S+): INCONCLUSIVE$", text, re.M) == TARGETS,
    "csv": are_two_in_csv,
    "junit": lambda text: [suite.get("name") for suite in xml.etree.ElementTree.fromstring(text)] == TARGETS,
    "prometheus": are_two_in_metrics,
    "nagios": lambda text: re.fullmatch(r"MX (WARNING|UNKNOWN) - 2 of 2 not OK; a\.example: [^|\n]+ \|[^|\n]+'b\.example time'=[^|\n]+\n", text),
}

directory = tempfile.TemporaryDirectory()
plugin = pathlib.Path(directory.name) / "check_mx"
plugin.symlink_to(mxassay)

for name, are_two in DOCUMENTS.items():
    result = run(mxassay, "check", *DEAF, "--format", name, *TARGETS)
    text = result.stdout.decode("utf-8")
    if result.returncode not in ([1, UNKNOWN] if name == "nagios" else [INCONCLUSIVE]):
        complain(f"{name}: exit status {result.returncode}: {result.stderr!r}")
    if not are_two(text):
        complain(f"{name}: not one document of two reports: {text[:400]!r}")
    file = pathlib.Path(directory.name) / name
    if run(mxassay, "check", *DEAF, "--format", name, "-o", str(file), *TARGETS).stdout or not are_two(file.read_text("utf-8")):
        complain(f"{name}: -o writes something else")

twice = run(mxassay, "check", *DEAF, "--format", "prometheus", "a.example", "A.example.").stdout.decode("utf-8").splitlines()
if len(twice) != len(set(twice)) or not any(line.startswith("probe_success{") for line in twice):
    complain(f"prometheus: a target given twice: {twice}")

# arguments, exit status, what the one line begins with
PLUGIN = [
    (["-H", "a.example", *DEAF], [1, UNKNOWN], r"MX (WARNING|UNKNOWN) - a\.example: "),
    (["--hostname", "a.example", *DEAF, "-t", "1"], [1, UNKNOWN], r"MX (WARNING|UNKNOWN) - a\.example: "),
    (["-H"], [UNKNOWN], r"MX UNKNOWN - .*-H"),
    ([], [UNKNOWN], r"MX UNKNOWN - no domain given"),
    (["-H", "a..example"], [UNKNOWN], r"MX UNKNOWN - 'a\.\.example' is not a domain"),
    (["-H", "a|b=c"], [UNKNOWN], r"MX UNKNOWN - 'a/b=c'"),
    (["-H", "a.example", "-t", "0"], [UNKNOWN], r"MX UNKNOWN - .*seconds"),
    (["-H", "a.example", "--ca-file", "/nonexistent"], [UNKNOWN], r"MX UNKNOWN - .*/nonexistent"),
]
for arguments, statuses, begins in PLUGIN:
    result = run(plugin, *arguments)
    if result.returncode not in statuses or not re.match(begins, result.stdout.decode()) or result.stdout.count(b"\n") != 1:
        complain(f"check_mx {arguments}: {result.returncode}, {result.stdout!r}")

# Without the plugin's name the same holds, wherever the format was said.
for arguments, environment in [(["--bad", "--format", "nagios"], {}), (["--format=nagios", "--bad"], {}), (["--bad"], {"MXASSAY_FORMAT": "nagios"})]:
    result = run(mxassay, "check", *arguments, "a.example", **environment)
    if result.returncode != UNKNOWN or not result.stdout.startswith(b"MX UNKNOWN - unknown option '--bad'"):
        complain(f"check {arguments} {environment}: {result.returncode}, {result.stdout!r}")

for arguments in [["explain", "--format", "html", "tls.handshake"], ["tlsa", "--format", "csv", "mx.example.org"]]:
    if run(mxassay, *arguments).returncode != USAGE:
        complain(f"{arguments} is not refused")

print(f"{len(DOCUMENTS)} formats, {len(PLUGIN)} calls of the plugin, {wrong} wrong")
sys.exit(wrong > 0)
