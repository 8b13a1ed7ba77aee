#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Questions that people have about mail, each to be answered from one concise result alone: "is mail to X safe, and if not, what do I
tell the operator?" Each answer is looked for where a reader would look: the summary, the worst finding, what becomes of mail.

Usage, inside mxassay-lab: tasks.py PATH-OF-MXASSAY
"""
import json
import sys

from talk import Stdio

RESULT_OCTETS = 5600 # 1,500 tokens
ALL_TLS, SOME_PLAIN, ENCRYPTED = ("all_tls_ok", True), ("all_tls_ok", False), "deliver_encrypted"

# Domain, question; status; summary members; the worst failure's id, its place, words of what was seen and of what to do; what
# becomes of mail from a sender that encrypts when it can, and from one that insists on MTA-STS.
TASKS = [
    ("base", "Is mail to it safe?", "ok", [ALL_TLS, ("mx", "present"), ("errors", 0), ("warnings", 0)], None, ENCRYPTED, "deliver_encrypted_authenticated"),
    ("expired", "A customer says its certificate is bad. Since when, where, and what do I tell them?", "warning", [ALL_TLS],
     ("cert.dates", "mx1.expired.test", "expired on", "Renew the certificate and reload"), ENCRYPTED, ENCRYPTED),
    ("open-relay", "We are on a block list. Why?", "error", [ALL_TLS], ("relay.rcpt-refused", "mx1.open-relay.test", "accepted", "your own domains only"), ENCRYPTED, ENCRYPTED),
    ("no-tls", "May I send health records there?", "error", [SOME_PLAIN], ("tls.starttls-offered", "mx1.no-tls.test", "not STARTTLS", "turn on STARTTLS"),
     "deliver_plaintext", "deliver_plaintext"),
    ("mx2-refused", "Would mail still arrive if the first server went down?", "warning", [("has_valid_mx", True), ("hosts", 2)],
     ("net.port25-open", "mx2.mx2-refused.test", "refused", "Start the mail service"), ENCRYPTED, ENCRYPTED),
    ("dmarc-none", "Can others write in our name?", "warning", [ALL_TLS], ("dmarc.published", "dmarc-none.test", "no record", "v=DMARC1"), ENCRYPTED,
     "deliver_encrypted_authenticated"),
    ("null-good", "Why does my mail to it come back?", "ok", [("mx", "null")], None, "bounce", "bounce"),
]


def words(value):
    return json.dumps(value)


def answer(client, name, _question, status, members, failure, usual, strict):
    result = client.ask("tools/call", {"name": "check_mail_domain", "arguments": {"domain": f"{name}.test"}})[0]["result"]
    report, found = result.get("structuredContent"), []
    if not report or len(result["content"][0]["text"]) > RESULT_OCTETS:
        return f"no concise result: {words(result)[:300]}"
    if report["summary"]["status"] != status:
        found.append(f"status {report['summary']['status']}, not {status}")
    found += [f"{key} is {report['summary'][key]}" for key, value in members if report["summary"][key] != value]
    failures = [f for f in report["findings"] if f["verdict"] == "fail" and f["severity"] != "notice"]
    if failure is None and failures:
        found.append(f"accused of {failures[0]['id']}")
    if failure:
        worst = failures[0] if failures else {}
        places = zip(("id", "subjects", "detail", "remedy"), failure, strict=True)
        found += [f"{key} does not say {text!r}: {words(worst.get(key))}" for key, text in places if text not in words(worst.get(key))]
    outcomes = {sender["profile"]: sender["outcome"] for sender in report["senders"]}
    found += [f"mail of {who} ends as {outcomes.get(who)}" for who, end in (("opportunistic", usual), ("sts-enforcing", strict)) if outcomes.get(who) != end]
    return "; ".join(found)


def main(binary):
    failed = 0
    with Stdio(binary) as client:
        for task in TASKS:
            wrong = answer(client, *task)
            failed += bool(wrong)
            print(f"{task[0]}: {task[1]} {'FAILED: ' + wrong if wrong else 'ok'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
