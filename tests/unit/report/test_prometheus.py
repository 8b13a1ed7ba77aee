# SPDX-License-Identifier: Apache-2.0
"""test_prometheus.py EMIT - metrics are well formed, named as Prometheus wants them, and say what the JSON report says."""
import json
import pathlib
import re
import subprocess
import sys

emit = sys.argv[1]
wrong = 0
NAME = r"[a-z][a-z0-9_]*"
SAMPLE = re.compile(rf'({NAME})(?:\{{(.*)\}})? (-?\d+(?:\.\d+)?)$')
LABEL = re.compile(rf'({NAME})="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
SUFFIXES = ("_seconds", "_info")


def run(*arguments):
    if pathlib.Path(emit).is_dir():  # what it would write is there, a file each
        return (pathlib.Path(emit) / ".".join(arguments)).read_bytes().decode("utf-8")
    return subprocess.run([emit, *arguments], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")


def complain(what):
    global wrong
    wrong += 1
    print("wrong:", what)


def labels_of(text, where):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match or match[1] in labels:
            complain(f"{where}: labels {text!r}")
            break
        labels[match[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], match[2])
        at = match.end()
    return labels


def parse(text, where):
    """{family: {labels as a frozen set: value}}; HELP, TYPE and samples of a family must stand together, once."""
    families, current, announced = {}, None, None
    if not text.endswith("\n"):
        complain(f"{where}: no line end at the end")
    for line in text.splitlines():
        if match := re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line):
            announced = match[1]
        elif match := re.fullmatch(rf"# TYPE ({NAME}) gauge", line):
            current = match[1]
            if current != announced or current in families:
                complain(f"{where}: {line}")
            families[current] = {}
        elif (match := SAMPLE.fullmatch(line)) and match[1] == current:
            labels = frozenset(labels_of(match[2] or "", where).items())
            if labels in families[current]:
                complain(f"{where}: the same sample twice: {line}")
            families[current][labels] = float(match[3])
        else:
            complain(f"{where}: {line!r}")
        if any(ord(c) < 32 or 0x202A <= ord(c) <= 0x202E for c in line):
            complain(f"{where}: something nobody sees: {line!r}")
    for name, samples in families.items():
        if not samples:
            complain(f"{where}: {name} has no sample")
        if name.endswith(("_count", "_sum", "_total", "_bucket")) or (name.endswith("_info") and set(samples.values()) != {1}):
            complain(f"{where}: {name} means something else")
    return families


def mail_hosts(report):
    return [h for h in report["hosts"] if h["role"] == "mail"]


def is_said(families, report, where):
    summary = report["summary"]
    wanted = {
        ("probe_success", ()): summary["status"] in ("ok", "warning"),
        ("probe_duration_seconds", ()): report["duration_ms"] / 1000,
        ("mxassay_status", (("status", summary["status"]),)): 1,
        ("mxassay_findings", (("severity", "error"),)): summary["errors"],
        ("mxassay_findings", (("severity", "warning"),)): summary["warnings"],
        ("mxassay_has_valid_mx", ()): summary["has_valid_mx"],
        ("mxassay_hosts", ()): len(mail_hosts(report)),
    }
    for check in report["checks"]:
        for finding in report["findings"]:
            if finding["id"] == check["id"] and finding["verdict"] == "fail":
                key = (("id", check["id"]), ("severity", finding["severity"]), ("verdict", "fail"))
                wanted["mxassay_finding", key] = check["fail"]
    for (name, labels), value in wanted.items():
        if families.get(name, {}).get(frozenset(labels)) != value:
            complain(f"{where}: {name}{dict(labels)} is not {value}")
    if ("mxassay_all_tls_ok" in families) != (summary["all_tls_ok"] is not None):
        complain(f"{where}: what is not known must be absent")
    dates = [c["not_after"] for h in mail_hosts(report) for a in h["addresses"] for e in a["endpoints"] if e["tls"] for c in e["tls"]["certificates"]]
    if bool(dates) != ("probe_ssl_earliest_cert_expiry" in families):
        complain(f"{where}: certificates and their first expiry")


names = run("names").split()
for name in names:
    is_said(parse(run("prometheus", name), name), json.loads(run("json", name)), name)
print(f"{len(names)} reports, {wrong} wrong")
sys.exit(wrong > 0)
