#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every scenario's report in every format, held to what tests/unit/report holds the formats of its few reports to.

Usage: formats.py MXASSAY-VIRTUAL TEST... -- FILE.scn|DIR...
"""
import json
import pathlib
import subprocess
import sys
import tempfile

BRIEF_BYTES_MAX = 5500
FORMATS = ["brief", "html", "markdown", "csv", "junit", "nagios", "prometheus", "json"]
wrong = 0


def complain(what):
    global wrong
    wrong += 1
    print("wrong:", what)


def texts(value, key=""):
    """Each string in it, with the member it stands in."""
    if isinstance(value, str):
        yield key, value
    for inner_key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []:
        yield from texts(inner, inner_key if isinstance(value, dict) and inner_key != "remote_text" else f"{key} marked" if isinstance(value, dict) else key)


def check_brief(name, text, report):
    """Names and words of servers stand in marked members only."""
    if len(text.encode()) > BRIEF_BYTES_MAX:
        complain(f"brief {name}: {len(text.encode())} octets")
    remote = {h["host"] for h in report["hosts"] if h["host"]} | {report["target"]["name"]}
    for member, said in texts(json.loads(text)):
        for word in remote:
            if not member.endswith("marked") and word.strip(".") and word in said:
                complain(f"brief {name}: {word!r} stands in {member}: {said!r}")


def main():
    split = sys.argv.index("--")
    run = subprocess.Popen([sys.argv[1], "--formats", *sys.argv[split + 1:]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as folder:
        place, names = pathlib.Path(folder), []
        for line in run.stdout:
            result = json.loads(line)
            name = result["name"]
            names.append(name)
            for form in FORMATS:
                text = json.dumps(result["report"]) if form == "json" else result[form]
                (place / f"{form}.{name}").write_bytes(text.encode())
            check_brief(name, result["brief"], result["report"])
        (place / "names").write_text(" ".join(names), encoding="ascii")
        failed = sum(subprocess.run([sys.executable, test, place], check=False).returncode != 0 for test in sys.argv[2:split])
    print(f"{len(names)} scenarios in {len(FORMATS)} formats, {wrong} briefs wrong, {failed} tests failed")
    sys.exit(1 if wrong or failed or run.wait() or not names else 0)


main()
