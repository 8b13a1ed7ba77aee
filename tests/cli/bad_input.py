#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input: one clear line on standard error that names the place, exit status 64 or 65, nothing on standard output.

Usage: bad_input.py PATH-OF-MXASSAY
"""
import json
import os
import subprocess
import sys
import tempfile
import time

USAGE, DATA, CONFIG = 64, 65, 78
EMPTY = tempfile.NamedTemporaryFile()
NOT_PEM = tempfile.NamedTemporaryFile()
NOT_PEM.write(b"this is no certificate\n")
NOT_PEM.flush()

NOW = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
REPORT = {"target": {"name": "example.org"}, "checked_at": "2020-01-01T00:00:00Z",
          "hosts": [{"addresses": [{"ip": "192.0.2.1", "endpoints": [{"port": 25, "connect_ms": 5}]}]}]}
FILES = []


def report(value):
    file = tempfile.NamedTemporaryFile("w", suffix=".json")
    json.dump(value, file)
    file.flush()
    FILES.append(file)
    return file.name


# arguments, exit status, words that the message must contain
CASES = [
    ([], USAGE, ["Usage: mxassay"]),
    (["frobnicate"], USAGE, ["frobnicate"]),
    (["check"], USAGE, ["no domain"]),
    (["probe"], USAGE, ["no server"]),
    (["explain"], USAGE, ["no check"]),
    (["tlsa"], USAGE, ["no server"]),
    (["serve", "now"], USAGE, ["'now'"]),
    (["serve", "--listen", "8025"], USAGE, ["--listen", "'8025'"]),
    (["serve", "--listen", "::1:8025"], USAGE, ["::1:8025"]),
    (["serve", "--workers", "0"], USAGE, ["--workers"]),
    (["serve", "--contact", "postmaster"], USAGE, ["--contact", "URI"]),
    (["serve", "--public-name", "a..b"], USAGE, ["--public-name"]),
    (["serve", "--api-keys", "/nonexistent/keys"], CONFIG, ["/nonexistent/keys"]),
    (["serve", "--opt-out", NOT_PEM.name], CONFIG, [NOT_PEM.name, "line 1"]),
    (["tlsa", "--deep", "mx.example.org"], USAGE, ["--deep"]),
    (["tlsa", "192.0.2.1"], DATA, ["192.0.2.1", "names"]),
    (["tlsa", "mx.example.org:0"], DATA, ["port"]),
    (["check", "--frobnicate", "example.org"], USAGE, ["--frobnicate"]),
    (["check", "-x", "example.org"], USAGE, ["-x"]),
    (["check", "example.org", "--ports"], USAGE, ["--ports", "value"]),
    (["check", "--ports", "0", "example.org"], USAGE, ["--ports", "'0'"]),
    (["check", "--ports", "25,65536", "example.org"], USAGE, ["65536"]),
    (["check", "--ports", "smtp", "example.org"], USAGE, ["smtp"]),
    (["check", "--ports", "", "example.org"], USAGE, ["--ports"]),
    (["check", "--format", "pdf", "example.org"], USAGE, ["pdf"]),
    (["check", "--timeout", "0", "example.org"], USAGE, ["--timeout"]),
    (["check", "--timeout", "-5", "example.org"], USAGE, ["--timeout", "-5"]),
    (["check", "--max-hosts", "1e3", "example.org"], USAGE, ["--max-hosts"]),
    (["check", "--fail-on", "sometimes", "example.org"], USAGE, ["sometimes"]),
    (["check", "--checks", "nonsense", "example.org"], USAGE, ["nonsense"]),
    (["check", "--skip", "tls.nonsense", "example.org"], USAGE, ["tls.nonsense"]),
    (["check", "--resolver", "dns.example", "example.org"], USAGE, ["dns.example"]),
    (["check", "--resolver", "192.0.2.1@0", "example.org"], USAGE, ["'0'"]),
    (["check", "--treat-as-public", "10.0.0.0/33", "example.org"], USAGE, ["10.0.0.0/33"]),
    (["check", "--expect-mx", "mx.example", "example.org"], USAGE, ["PREFERENCE HOST"]),
    (["check", "--elsewhere", "/nonexistent/report", "example.org"], DATA, ["--elsewhere", "/nonexistent/report"]),
    (["check", "--elsewhere", NOT_PEM.name, "example.org"], DATA, ["--elsewhere", NOT_PEM.name, "JSON"]),
    (["check", "--earlier", report({}), "example.org"], DATA, ["--earlier", "target"]),
    (["check", "--earlier", report([REPORT, {**REPORT, "checked_at": "now"}]), "example.org"], DATA, ["--earlier", "report 2", "checked_at"]),
    (["check", "--earlier", report({**REPORT, "hosts": [{"addresses": [{"ip": "mx"}]}]}), "example.org"], DATA, ["--earlier", "ip"]),
    (["check", "--earlier", report({**REPORT, "hosts": [{"addresses": [{"ip": "192.0.2.1", "endpoints": [{}]}]}]}), "example.org"], DATA, ["192.0.2.1", "port"]),
    (["check", "--earlier", report(REPORT), "example.org"], DATA, ["--earlier", "24 hours"]),
    (["check", "--elsewhere", report(REPORT), "example.org"], DATA, ["--elsewhere", "an hour"]),
    (["check", "--elsewhere", report({**REPORT, "checked_at": "2999-01-01T00:00:00Z"}), "example.org"], DATA, ["to come"]),
    (["check", "--elsewhere", report({**REPORT, "checked_at": NOW}), "example.net"], DATA, ["example.org", "not to be checked"]),
    (["check", "--assume", "10 mx.example", "example.org"], USAGE, ["--assume", "MX PREFERENCE HOST"]),
    (["check", "--assume", "MX ten mx.example", "example.org"], USAGE, ["MX PREFERENCE HOST"]),
    (["check", "--assume", "MX 10 mx..example", "example.org"], USAGE, ["mx..example", "empty"]),
    (["check", "--assume", "A 192.0.2.1", "example.org"], USAGE, ["MX PREFERENCE HOST"]),
    (["probe", "--assume", "MX 10 mx.example", "mx.example.org"], USAGE, ["--assume"]),
    (["check", "--relay-to", "a@example.net", "example.org"], USAGE, ["two recipients"]),
    (["check", "--mail-from", "a b@example.net", "example.org"], USAGE, ["a b@example.net"]),
    (["check", "--mail-from", "a@x>\r\nDATA", "example.org"], USAGE, ["not a mail address"]),
    (["check", "--ehlo", "two words", "example.org"], USAGE, ["two words"]),
    (["check", "-4", "-6", "example.org"], USAGE, ["-4", "-6"]),
    (["check", "--tls", "none", "example.org"], USAGE, ["--tls"]),
    (["probe", "--tls", "maybe", "mx.example.org"], USAGE, ["maybe"]),
    (["probe", "--auth-user", "x", "mx.example.org"], USAGE, ["--auth-password-file"]),
    (["check", "example..org"], DATA, ["example..org", "empty"]),
    (["check", ".example.org"], DATA, [".example.org", "empty"]),
    (["check", ""], DATA, ["no name"]),
    (["check", "a" * 64 + ".example"], DATA, ["63"]),
    (["check", ".".join(["a" * 59] * 5)], DATA, ["253"]),
    (["check", "exa mple.org"], DATA, ["exa mple.org"]),
    (["check", "192.0.2.1"], DATA, ["192.0.2.1", "probe"]),
    (["check", "example.org", "b..c"], DATA, ["b..c"]),
    (["check", "\x1b[31mred.example"], DATA, ["not a domain"]),
    (["probe", "mx.example.org:0"], DATA, ["port"]),
    (["probe", "mx.example.org:99999"], DATA, ["port"]),
    (["probe", "[2001:db8::1"], DATA, ["2001:db8::1"]),
    (["explain", "no.such-check"], DATA, ["no.such-check"]),
    (["check", "--ca-file", "/nonexistent/ca.pem", "example.org"], DATA, ["/nonexistent/ca.pem"]),
    (["check", "--policy", "/nonexistent/policy.tsv", "example.org"], DATA, ["--policy", "/nonexistent/policy.tsv", "No such file"]),
    (["check", "--policy", "ncsc", "example.org"], DATA, ["'ncsc'", "default, ncsc2025 or rfc9325"]),
    (["check", "--policy", "", "example.org"], DATA, ["--policy", "''"]),
    (["check", "--policy", "/", "example.org"], DATA, ["'/'", "Is a directory"]),
    (["probe", "--policy", NOT_PEM.name, "mx.example.org"], DATA, [NOT_PEM.name + ":1:", "not a kind"]),
    (["serve", "--policy", NOT_PEM.name], DATA, [NOT_PEM.name + ":1:", "not a kind"]),
    (["mcp", "--policy", EMPTY.name], DATA, [EMPTY.name + ":", "no row"]),
    (["tlsa", "--policy", "ncsc2025", "mx.example.org"], USAGE, ["--policy"]),
    (["check", "--policy", "ncsc2025", "--policy", "rfc9325", "example..org"], DATA, ["example..org"]),
    (["check", "--assume-policy", "/nonexistent/policy", "example.org"], DATA, ["/nonexistent/policy"]),
    (["check", "--cached-policy", "/nonexistent/policy", "example.org"], DATA, ["/nonexistent/policy"]),
    (["check", "--cached-policy-id", "2026-11-25", "example.org"], USAGE, ["2026-11-25", "letters and digits"]),
    (["check", "--root-hints", "/nonexistent/hints", "example.org"], DATA, ["/nonexistent/hints"]),
    (["check", "--trust-anchor", "/nonexistent/key", "example.org"], DATA, ["/nonexistent/key"]),
    (["probe", "--auth-user", "x", "--auth-password-file", "/nonexistent/pw", "mx.example.org"], DATA, ["/nonexistent/pw"]),
    (["probe", "--auth-user", "x", "--auth-password-file", EMPTY.name, "mx.example.org"], DATA, ["empty"]),
    (["check", "--ca-file", NOT_PEM.name, "example.org"], DATA, [NOT_PEM.name]),
]

ENVIRONMENT_CASES = [
    ({"MXASSAY_PORTS": "abc"}, ["check", "example.org"], USAGE, ["MXASSAY_PORTS", "abc"]),
    ({"MXASSAY_POLICY": "ncsc2024"}, ["check", "example.org"], DATA, ["MXASSAY_POLICY", "ncsc2024"]),
    ({"MXASSAY_NO_RELAY": "perhaps"}, ["check", "example.org"], USAGE, ["MXASSAY_NO_RELAY", "perhaps"]),
]

# Policy files given to --assume-policy, and what the message says; FILE stands for the file's name.
POLICIES = [
    (b"version: STSv1\nmode: enforced\nmx: a.example\nmax_age: 1\n", ["FILE:2:", "the mode is none of"]),
    (b"version: STSv1\r\nmode: none\r\n\r\nmax_age: 1 week\r\n", ["FILE:4:", "`max_age`"]),
    (b"", ["FILE:", "there is no `version`"]),
    (b"version: STSv1\n" + b"x: y\n" * 20000, ["FILE:", "65536"]),
]

# The same of tables of TLS classes, given to --policy.
TLS_POLICIES = [
    (b"version\tTLSv1.3\tgood\nversion\tTLSv9\tgood\n", ["FILE:2:", "'TLSv9'", "no name"]),
    (b"version\tTLSv1.3\tgood\nversion\tTLSv1.3\tbad\n", ["FILE:2:", "'TLSv1.3'", "in line 1"]),
    (b"version\tTLSv1.3\tfine\n", ["FILE:1:", "'fine'", "acceptable"]),
    (b"suite\tTLS_*\tgood\n# \0\n", ["FILE:2:", "control character"]),
    (b"\x1b[31m\tTLS_*\tgood\n", ["FILE:1:", "control character"]),
    (b"# nothing\n", ["FILE:", "no row"]),
    (b"#" * 65537, ["FILE:", "65536"]),
]


def policy_cases(directory):
    for option, policies in (("--assume-policy", POLICIES), ("--policy", TLS_POLICIES)):
        for number, (text, words) in enumerate(policies):
            file = os.path.join(directory, f"{option}{number}")
            with open(file, "wb") as f:
                f.write(text)
            yield ({}, ["check", option, file, "example.org"], DATA, [word.replace("FILE", file) for word in words])


def run(binary, arguments, environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MXASSAY_")}
    return subprocess.run([binary, *arguments], env={**clean, **environment}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)


def problems(result, status, words):
    error = result.stderr.decode(errors="backslashreplace")
    if result.returncode != status:
        yield f"exit status {result.returncode}, not {status}"
    if result.stdout:
        yield f"standard output is not empty: {result.stdout[:200]!r}"
    for word in words:
        if word not in error:
            yield f"the message does not say {word!r}"
    if len([line for line in error.splitlines() if line.startswith("mxassay: ")]) > 1:
        yield "more than one message"
    if any(ord(c) < 32 and c != "\n" for c in error):
        yield "control characters in the message"


def main():
    binary, failed = sys.argv[1], 0
    cases = [({}, *case) for case in CASES] + ENVIRONMENT_CASES
    directory = tempfile.TemporaryDirectory()
    cases += policy_cases(directory.name)
    for environment, arguments, status, words in cases:
        result = run(binary, arguments, environment)
        found = list(problems(result, status, words))
        if found:
            failed += 1
            print(f"FAILED {environment or ''} mxassay {arguments}: {'; '.join(found)}\n   it said: {result.stderr!r}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
