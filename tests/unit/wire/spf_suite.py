#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""spf_suite.py SPF_CASES CASES [SUITE]: runs our own cases, and those of the RFC 7208 test suite when it is there.

SPF_CASES is the program, CASES our file. The suite (openspf.org, rfc7208-tests.yml) is SUITE, else the file that
SPF_SUITE in the environment names, else ../shared/data/rfc7208-tests.yml beside the source; without it only our own
cases run.
"""
import os
import subprocess
import sys
import tempfile


def escape(octets):
    return "".join(chr(c) if 0x20 <= c <= 0x7e and c != 0x5c else f"\\x{c:02x}" for c in octets)


def word(text):
    return "".join(f"\\x{ord(c):02x}" if c <= " " or c == "\\" else c for c in text) or "<>"


def text_of(value):
    return escape("".join([value] if isinstance(value, str) else value).encode("latin-1"))


def zone_of(zone):
    """The suite's zone data in lines of spf_zone.h; records of type SPF stand for TXT where none is given."""
    for owner, records in zone.items():
        name = word(owner)
        has_txt = any(isinstance(r, dict) and "TXT" in r for r in records)
        for record in records:
            if record == "TIMEOUT":
                yield f"{name} * !timeout"
                continue
            (kind, value), = record.items()
            if kind == "SPF" and has_txt or value == "NONE":
                continue
            if kind in ("SPF", "TXT"):
                yield f"{name} TXT {'!timeout' if value == 'TIMEOUT' else text_of(value)}"
            elif value == "TIMEOUT":
                yield f"{name} {kind} !timeout"
            else:
                yield f"{name} {kind} {value[1] if kind == 'MX' else value}"


def cases_of(suite):
    import yaml
    with open(suite, encoding="utf-8") as file:
        for section in yaml.safe_load_all(file):
            yield f"== {section['description']}"
            yield from zone_of(section["zonedata"])
            for name, test in section["tests"].items():
                result = test["result"]
                result = result if isinstance(result, str) else "|".join(result)
                said = str(test.get("explanation", "*"))
                said = "-" if said == "DEFAULT" else escape(said.encode("latin-1"))
                yield " ".join(["check", name, test["host"], word(test["mailfrom"]), word(test["helo"]), result, "*", said])


def main():
    program, own = sys.argv[1:3]
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../shared/data/rfc7208-tests.yml")
    suite = sys.argv[3] if len(sys.argv) > 3 else os.environ.get("SPF_SUITE", beside)
    files = [own]
    with tempfile.TemporaryDirectory() as room:
        if os.path.exists(suite):
            files.append(os.path.join(room, "rfc7208-tests"))
            with open(files[-1], "w", encoding="latin-1") as out:
                out.writelines(line + "\n" for line in cases_of(suite))
        else:
            print(f"no RFC 7208 test suite at {suite}: our own cases only")
        sys.exit(subprocess.run([program, *files], check=False).returncode)


main()
