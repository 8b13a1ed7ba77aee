# SPDX-License-Identifier: Apache-2.0
"""Compares a report with its row of the table, and shows what differs so that one need not run it again."""
import json
import os

SEVERITIES = ("error", "warning", "notice")
NEVER_SAID = ("DATA", "BDAT", "VRFY", "EXPN")
SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../doc/report.schema.json")


def wanted(case):
    """{(id, "error" | "warning" | "notice" | "unknown:<reason>"): [which, ...]}; an empty list means all objects."""
    rows = {}

    def add(words, kind):
        for word in words.split():
            name, _, which = word.partition("@")
            rows.setdefault((name, kind), []).extend([which] if which else [])

    add(case.errors, "error")
    add(case.warnings, "warning")
    add(case.notices, "notice")
    add(case.habits or "", "notice")
    for word in case.unknowns.split():
        name, _, reason = word.rpartition(":")
        add(name, "unknown:" + reason)
    if case.tls13:
        rows[("tls.pq-hybrid", "unknown:internal")] = None      # wherever it happened
    return rows


def status_of(case):
    return case.status or ("error" if case.errors else "warning" if case.warnings else "ok")


def fail_on(case):
    """The severity of the worst that is wrong on purpose, so that the run must exit with 1."""
    return next((severity for severity in SEVERITIES if getattr(case, severity + "s")), None) if not case.status else None


def exit_of(case):
    return 2 if status_of(case) == "inconclusive" else 1 if fail_on(case) else 0


def addresses(report):
    return [(host["host"], address["ip"]) for host in report["hosts"] for address in host["addresses"]]


def objects(report, scope):
    """Everything in the report that a check of this scope is about."""
    if scope == "domain":
        return {()}
    if scope == "host":
        return {(host["host"],) for host in report["hosts"]}
    if scope == "address":
        return set(addresses(report))
    return {(host["host"], address["ip"], endpoint["port"])
            for host in report["hosts"] for address in host["addresses"] for endpoint in address["endpoints"]}


def subject_of(finding):
    subject = finding["subject"]
    keys = {"domain": (), "host": ("host",), "address": ("host", "ip"), "endpoint": ("host", "ip", "port")}
    return tuple(subject[key] for key in keys[subject["scope"]])


def chosen(subjects, which, case):
    """Those of the subjects that the row names."""
    def fits(subject, word):
        if word in ("v4", "v6"):
            return len(subject) > 1 and (":" in subject[1]) == (word == "v6")
        return len(subject) > 0 and subject[0] == (word if "." in word else f"{word}.{case.domain}")

    return {subject for subject in subjects if not which or any(fits(subject, word) for word in which)}


def compare_findings(case, report):
    rows, got = wanted(case), {}
    for finding in report["findings"]:
        kind = finding["severity"] if finding["verdict"] == "fail" else f"unknown:{finding['reason']}"
        scope, subjects = got.setdefault((finding["id"], kind), (finding["subject"]["scope"], set()))
        subjects.add(subject_of(finding))
    for key in sorted(rows.keys() - got.keys()):
        yield f"expected, not got: {key[0]} ({key[1]})"
    for key in sorted(got.keys() - rows.keys()):
        yield f"got, not expected: {key[0]} ({key[1]}) of {names(got[key][1])}"
    for key in sorted(rows.keys() & got.keys()):
        scope, subjects = got[key]
        if rows[key] is None:
            continue
        expected = chosen(objects(report, scope), rows[key], case)
        if subjects != expected:
            yield f"{key[0]} ({key[1]}): expected of {names(expected)}, got of {names(subjects)}"


def names(subjects):
    return ", ".join(" ".join(map(str, subject)) or "the domain" for subject in sorted(subjects)) or "nothing"


def compare_facts(case, report, hosts):
    """What holds whatever the row says."""
    known = {(host.name, ip) for host in hosts for ip in host.addresses}
    seen = set(addresses(report))
    if case.probe == "" and seen and {pair for pair in known if pair[0] in {host for host, _ in seen}} != seen & known:
        yield f"addresses: expected {names(known)}, got {names(seen)}"
    for host in report["hosts"]:
        for address in host["addresses"]:
            for endpoint in address["endpoints"]:
                yield from endpoint_facts(endpoint, f"{host['host']} [{address['ip']}]:{endpoint['port']}")
    for severity in SEVERITIES:
        count = sum(finding["verdict"] == "fail" and finding["severity"] == severity for finding in report["findings"])
        if report["summary"][severity + "s"] != count:
            yield f"summary.{severity}s is {report['summary'][severity + 's']}, but there are {count} such findings"
    if case.auth:
        results = {endpoint["auth"]["result"] for host in report["hosts"] for address in host["addresses"] for endpoint in address["endpoints"]}
        if results != {case.auth}:
            yield f"auth.result: expected {case.auth}, got {', '.join(map(str, results))}"


def transcripts(endpoint):
    """What was said on each connection that the report shows."""
    yield endpoint["transcript"]
    for test in endpoint["deep"]["tests"] if endpoint["deep"] else ():
        yield test["transcript"]


def endpoint_facts(endpoint, name):
    if not endpoint["ehlo"] and endpoint["starttls"]["offered"] is not None:
        yield f"{name}: no answer to EHLO, yet starttls.offered is {endpoint['starttls']['offered']}"
    for line in (line for transcript in transcripts(endpoint) for line in transcript):
        if line["from"] == "client" and line["text"].upper().startswith(NEVER_SAID):
            yield f"{name}: said {line['text']}"


def compare(case, outcome, hosts, secrets):
    """All that is wrong with a run, a line each."""
    for secret in secrets:
        if secret in outcome.stdout or secret in outcome.stderr:
            yield f"the output has the secret {secret!r} in it"
    if outcome.exit != exit_of(case):
        yield f"exit status: expected {exit_of(case)}, got {outcome.exit}"
    try:
        report = json.loads(outcome.stdout)
    except ValueError as error:
        yield f"no report: {error}"
        return
    if report["summary"]["status"] != status_of(case):
        yield f"summary.status: expected {status_of(case)}, got {report['summary']['status']}"
    yield from compare_findings(case, report)
    yield from compare_facts(case, report, hosts)
    yield from schema_errors(report)


def schema_errors(report):
    """jsonschema is Debian's python3-jsonschema."""
    import jsonschema
    with open(SCHEMA) as text:
        validator = jsonschema.Draft202012Validator(json.load(text))
    for error in list(validator.iter_errors(report))[:5]:
        yield f"schema: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def evidence(outcome):
    """The findings and transcripts, for a reader."""
    yield "$ " + " ".join(outcome.command)
    if outcome.stderr.strip():
        yield "standard error: " + outcome.stderr.strip()
    try:
        report = json.loads(outcome.stdout)
    except ValueError:
        yield outcome.stdout[:2000]
        return
    yield f"summary: {json.dumps(report['summary'])}"
    for finding in report["findings"]:
        yield f"  {finding['id']} {finding['verdict']} {finding['severity']} {finding.get('reason') or ''} {names({subject_of(finding)})}: {finding['detail']}"
    for host in report["hosts"]:
        for address in host["addresses"]:
            for endpoint in address["endpoints"]:
                yield f"  {host['host']} [{address['ip']}]:{endpoint['port']} {endpoint['outcome']}"
                for number, transcript in enumerate(transcripts(endpoint)):
                    if number and transcript:
                        yield f"    {endpoint['deep']['tests'][number - 1]['test']}:"
                    for line in transcript:
                        yield f"    {line['t_ms']:>6} {line['from']:<6} {line['text']}"
