# SPDX-License-Identifier: Apache-2.0
"""A whole check and its SMTP part alone, in virtual time: how many round trips each takes when everybody is as far away."""
import json
import pathlib
import subprocess
import tempfile

ROUND_TRIP_MS = 50
SMTP_ALONE = "options --checks net,smtp,relay,tls,cert"
SCENARIOS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "scenarios"

LARGE_SPF = r"""
dns @ TXT "v=spf1 mx a:w1.{domain} a:w2.{domain} include:s1.{domain} include:s2.{domain} include:s3.{domain} -all"
dns w1 A {mx1.v4}
dns w2 A {mx1.v4}
dns s1 TXT "v=spf1 include:t1.{domain} include:t2.{domain} ~all"
dns s2 TXT "v=spf1 ip4:192.0.2.0/24 ~all"
dns s3 TXT "v=spf1 ip4:198.51.100.0/24 ~all"
dns t1 TXT "v=spf1 include:u1.{domain} ~all"
dns t2 TXT "v=spf1 a:w3.{domain} ~all"
dns u1 TXT "v=spf1 ip4:203.0.113.0/24 ~all"
dns w3 A {mx1.v4}
"""

WORLDS = [
    ("signed, all policies, 2 MX", "base", ""),
    ("unsigned, 2 MX", "plain", ""),
    ("SPF with 11 look-ups", "base", LARGE_SPF),
    ("name of 9 labels", "dmarc-deep-name", ""),
    ("null MX: no SMTP", "null-good", ""),
    ("name servers differ", "mx-split", ""),
    ("policy host silent", "sts-silent", ""),
]


class PostureError(Exception):
    pass


def check(virtual, folder, scenario, more):
    """Duration and questions of one run."""
    path = pathlib.Path(folder) / f"{scenario}.scn"
    path.write_text((SCENARIOS / path.name).read_text(encoding="utf-8") + more + "\n", encoding="utf-8")
    run = subprocess.run([virtual, "--round-trip", str(ROUND_TRIP_MS), path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    try:
        result = json.loads(run.stdout)
        return result["report"]["duration_ms"], result["report"]["dns_questions"], result["asked_twice"]
    except (ValueError, KeyError, TypeError) as error:
        raise PostureError(f"{scenario}: no report: {run.stderr.decode()[-500:]}") from error


def run(virtual, say):
    """Returns rows (what, value) for the table."""
    say(f"posture: {len(WORLDS)} worlds in virtual time, everybody {ROUND_TRIP_MS} ms away")
    rows = []
    with tempfile.TemporaryDirectory(prefix="mxassay-bench-") as folder:
        for what, scenario, more in WORLDS:
            smtp_ms, _, _ = check(virtual, folder, scenario, more + SMTP_ALONE)
            all_ms, questions, twice = check(virtual, folder, scenario, more)
            extra = (all_ms - smtp_ms) / ROUND_TRIP_MS
            rows.append((f"{what}: SMTP / all, ms", f"{smtp_ms} / {all_ms}, {extra:+g} round trips; {questions} DNS questions, {twice or 'none'} twice"))
    return rows
