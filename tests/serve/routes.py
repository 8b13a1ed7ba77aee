#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`mxassay serve` in the lab: every route, joins and cancelling, streams, limits, keys, the end, the files read anew, sockets handed over.

Usage, inside mxassay-lab: routes.py PATH-OF-MXASSAY
"""
import gzip
import hashlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sys
import tempfile
import threading
import time

from client import Daemon, expect, expect_problem, run_tests

HEALTHY, BROKEN, MUTE = "base.test", "expired.test", "mute.test"


def workers_of(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_check_from_start_to_report(binary):
    with Daemon(binary) as d:
        done = d.check({"domain": HEALTHY.upper() + ".", "wait_s": 60})
        expect(done.status == 200 and done.json["state"] == "done" and done.json["target"] == HEALTHY, done)
        expect(done.json["report"]["target"]["name"] == HEALTHY, done)
        again = d.check({"domain": "postmaster@" + HEALTHY})
        expect(again.status == 200 and again.json["id"] == done.json["id"], "a kept result was not used")
        ident = done.json["id"]
        expect(d.get(f"/v1/checks/{ident}").json == again.json, "two answers about one run differ")
        expect(d.get(f"/r/{ident}.json").json == done.json["report"], "the report differs by its address")
        text, page = d.get(f"/r/{ident}.txt"), d.get(f"/r/{ident}")
        expect(text.status == 200 and HEALTHY.encode() in text.body, text)
        expect(page.status == 200 and HEALTHY.encode() in page.body and b"<style" not in page.body and b" style=" not in page.body, "the page's style is refused by its policy")
        first = d.check({"domain": BROKEN})
        expect(first.status == 202 and first.headers["Location"] == f"/v1/checks/{first.json['id']}" and first.headers["Retry-After"], first)
        expect(d.check({"domain": BROKEN, "max_age_s": 0}).json["id"] == first.json["id"], "the second wish did not join the run under way")
        other = d.check({"domain": HEALTHY, "checks": ["mx"], "wait_s": 60})
        expect(other.json["id"] != ident and {f["id"].split(".")[0] for f in other.json["report"]["checks"]} <= {"mx"}, other)


def test_small_answers(binary):
    with Daemon(binary, "--contact", "mailto:postmaster@lab.test") as d:
        health = d.get(f"/v1/dns/mx-health?domain={HEALTHY}")
        expect(health.status == 200 and health.json["has_valid_mx"] and health.json["all_tls_ok"] and health.json["smtp_probe_enabled"], health)
        by_name = d.get(f"/v1/dns/mx-health?domain={HEALTHY}&smtp_probe=false")
        expect(by_name.json["all_tls_ok"] is None and not by_name.json["smtp_probe_enabled"], by_name)
        server = d.get(f"/v1/servers/mx1.{HEALTHY}:25?tls=starttls")
        expect(server.status == 200 and server.json["target"]["kind"] == "server", server)
        posted = d.check({"host": f"mx1.{HEALTHY}", "port": 25, "tls": "starttls", "wait_s": 60})
        expect(posted.json["report"]["target"]["kind"] == "server", posted)
        for path, words in (("/metrics", "mxassay_runs_started_total"), (f"/probe?target={HEALTHY}", "probe_success 1"),
                            (f"/probe?target=mx1.{HEALTHY}:25&module=server", "probe_success"), ("/identity", "mailto:postmaster@lab.test"),
                            ("/.well-known/security.txt", "Expires: "), ("/healthz", "alive"), ("/readyz", "ready"), ("/", "<form action=\"/check\""),
                            (f"/badge/{HEALTHY}.svg", "mail: ok")):
            answer = d.get(path)
            expect(answer.status == 200 and words.encode() in answer.body, f"{path}: {answer}")
        expect_problem(d.get("/probe?target=x..y"), 400, "invalid-target")
        expect_problem(d.get(f"/probe?target={HEALTHY}&module=nothing"), 400, "invalid-parameter")


def test_the_page_without_script(binary):
    with Daemon(binary) as d:
        begun = d.get(f"/check?domain={MUTE}")
        expect(begun.status == 303, begun)
        page = d.get(begun.headers["Location"])
        expect(page.status == 200 and b'http-equiv="refresh"' in page.body and MUTE.encode() in page.body, page)
        expect_problem(d.get(begun.headers["Location"] + ".json"), 409, "not-over")
        ident = begun.headers["Location"].removeprefix("/r/")
        expect(d.ask("DELETE", f"/v1/checks/{ident}").status == 204, "not cancelled")
        expect(d.get(begun.headers["Location"]).status == 410, "the page of a cancelled run")
        index = d.get("/")
        style = re.search(rb'href="(/assets/[^"]+)"', index.body)[1].decode()
        plain, packed = d.get(style), d.get(style, Accept_Encoding="gzip")
        expect(packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body, "the packed style is another one")
        expect("immutable" in plain.headers["Cache-Control"], plain)
        expect(d.get(style, If_None_Match=plain.headers["ETag"]).status == 304, "asked again")
        for name, value in (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store")):
            expect(index.headers[name] == value, f"{name}: {index.headers[name]}")
        expect("default-src 'none'" in index.headers["Content-Security-Policy"] and "unsafe" not in index.headers["Content-Security-Policy"], index)


def test_the_catalogue_by_pages(binary):
    with Daemon(binary) as d:
        whole, cursor, pages = [], "", 0
        while cursor is not None:
            page = d.get("/v1/catalog?limit=50" + (f"&cursor={cursor}" if cursor else "")).json
            whole, cursor, pages = whole + page["items"], page["next_cursor"], pages + 1
        expect(pages > 1 and len({check["id"] for check in whole}) == len(whole), f"{pages} pages, {len(whole)} checks")
        expect(d.get("/v1/catalog?limit=1000").json["items"] == whole, "one page has other checks than all")
        expect(d.get(f"/v1/catalog/{whole[7]['id']}").json == whole[7], "one check differs from the list")
        expect_problem(d.get("/v1/catalog/no.such"), 404, "no-such-check")
        for wrong in ("limit=0", "limit=1001", "limit=x", "cursor=no.such"):
            expect_problem(d.get(f"/v1/catalog?{wrong}"), 400, "invalid-parameter")


def test_every_route_is_described_and_answers(binary):
    with Daemon(binary) as d:
        d.get("/healthz")
        routes = [(method.upper(), path) for path, operations in d.description["paths"].items() for method in operations]
        ids = [operation["operationId"] for operations in d.description["paths"].values() for operation in operations.values()]
        expect(len(set(ids)) == len(ids) == len(routes) >= 22, routes)
        for method, path in routes:
            other = "PUT"
            concrete = path.replace("{id}", "0" * 32).replace("{host}", "127.0.0.1").replace("{port}", "25").replace("{domain}", "x..y").replace("{name}", "x")
            expect_problem(d.ask(other, concrete), 405, "method-not-allowed")
            expect(method in d.ask(other, concrete).headers["Allow"].split(", "), concrete)
            expect(d.ask(method, concrete, {} if method == "POST" else None).status != 405, concrete)
            if method == "GET" and not path.endswith("/events"):
                head, got = d.ask("HEAD", concrete), d.get(concrete)
                expect(head.status == got.status and head.body == b"", f"HEAD {concrete}: {head}")


class Stream(threading.Thread):
    def __init__(self, d, path, **headers):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", d.port, timeout=60)
        self.connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.response = self.connection.getresponse()
        self.text = ""
        self.start()

    def run(self):
        while chunk := self.response.read1():
            self.text += chunk.decode()

    def events(self):
        self.join(60)
        expect(not self.is_alive(), "the stream does not end")
        return [(block.split("\n")[1].removeprefix("event: "), json.loads(block.split("\n")[2].removeprefix("data: ")), block.split("\n")[0].removeprefix("id: "))
                for block in self.text.split("\n\n") if block.startswith("id: ")]


def test_events(binary):
    with Daemon(binary) as d:
        ident = d.check({"domain": BROKEN}).json["id"]
        events = Stream(d, f"/v1/checks/{ident}/events").events()
        report = d.get(f"/r/{ident}.json").json
        expect([e[1] for e in events if e[0] == "finding"] == report["findings"], "the findings of the stream are not those of the report")
        expect(events[-1][0] == "done" and events[-1][1]["status"] == report["summary"]["status"], events[-1])
        expect([e[0] for e in events].count("done") == 1, events)
        later = Stream(d, f"/v1/checks/{ident}/events", Last_Event_ID=events[-3][2]).events()
        expect([e[:2] for e in later] == [e[:2] for e in events[-2:]], f"taken up behind {events[-3][2]}: {later}")
        slow = d.check({"domain": MUTE}).json["id"]
        streams = [Stream(d, f"/v1/checks/{slow}/events") for _ in range(20)]
        time.sleep(16)
        expect(all(":\n\n" in s.text for s in streams), "no comment line within 15 s")
        expect(all("event: step" in s.text for s in streams), "no step")
        d.ask("DELETE", f"/v1/checks/{slow}")
        expect(all(s.events()[-1][1]["state"] == "cancelled" for s in streams), "the streams were not told")


def test_cancelling(binary):
    with Daemon(binary) as d:
        ident = d.check({"domain": MUTE}).json["id"]
        d.check({"domain": MUTE})
        d.ask("DELETE", f"/v1/checks/{ident}")
        expect(d.get(f"/v1/checks/{ident}").json["state"] in ("queued", "running"), "one of two wishes cancelled the run")
        waiting = threading.Thread(target=lambda: answers.append(d.check({"domain": MUTE, "wait_s": 50})))
        answers = []
        waiting.start()
        time.sleep(0.5)
        d.ask("DELETE", f"/v1/checks/{ident}")
        d.ask("DELETE", f"/v1/checks/{ident}")
        waiting.join(10)
        expect(answers and answers[0].json["state"] == "cancelled", answers)
        expect_problem(d.get(f"/r/{ident}.json"), 410, "cancelled")
        expect(d.check({"domain": MUTE}).json["id"] != ident, "a cancelled run was joined")


def test_too_often(binary):
    with Daemon(binary) as d:
        for _ in range(6):
            expect(d.check({"domain": HEALTHY, "smtp": False, "max_age_s": 0, "wait_s": 60}).status == 200, "a check within the limit")
        refused = d.check({"domain": HEALTHY, "smtp": False, "max_age_s": 0})
        expect_problem(refused, 429, "rate-limited-target")
        expect(0 < int(refused.headers["Retry-After"]) <= 30, refused)
        expect(d.check({"domain": HEALTHY, "smtp": False}).status == 200, "a kept result is limited")
        answers = [d.check({"domain": f"nobody-{n}.{HEALTHY}", "smtp": False}) for n in range(70)]
        limited = [a for a in answers if a.status == 429]
        expect(limited, "no client is ever limited")
        for a in limited:
            expect_problem(a, 429, "rate-limited-client")
        expect("mxassay_runs_limited_total 0\n" not in d.get("/metrics").body.decode(), "the metrics do not count it")


def test_keys(binary):
    tokens = {"reader": ("read", "r-secret"), "ops": ("read,check", "o-secret"), "deep": ("read,check,deep,auth", "d-secret")}
    with tempfile.NamedTemporaryFile("w") as file:
        for name, (scopes, token) in tokens.items():
            print(name, scopes, hashlib.sha256(token.encode()).hexdigest(), file=file, flush=True)
        with Daemon(binary, "--api-keys", file.name, "--request-log") as d:
            bearer = {name: f"Bearer {token}" for name, (_, token) in tokens.items()}
            expect_problem(d.check({"domain": HEALTHY}), 401, "key-required")
            expect_problem(d.check({"domain": HEALTHY}, Authorization="Bearer nothing"), 401, "key-unknown")
            expect_problem(d.check({"domain": HEALTHY}, Authorization=bearer["reader"]), 403, "scope-missing")
            done = d.check({"domain": HEALTHY, "wait_s": 60}, Authorization=bearer["ops"])
            expect(done.status == 200, done)
            expect_problem(d.get(f"/v1/checks/{done.json['id']}"), 401, "key-required")
            expect(d.get(f"/v1/checks/{done.json['id']}", Authorization=bearer["reader"]).status == 200, "a reader may not read")
            expect(d.get(f"/r/{done.json['id']}").status == 200, "who has the address of a report may see it")
            expect_problem(d.check({"domain": HEALTHY, "deep": True}, Authorization=bearer["ops"]), 403, "deep-not-allowed")
            auth = {"host": f"mx1.{HEALTHY}", "port": 25, "wait_s": 60, "auth": {"user": "anna", "password": "pass-phrase"}}
            expect_problem(d.check(auth, Authorization=bearer["ops"]), 403, "auth-not-configured")
            tried = d.check(auth, Authorization=bearer["deep"])
            expect(tried.status == 200 and tried.json["state"] == "done" and b"pass-phrase" not in tried.body, tried)
            expect(b"form action" not in d.get("/").body, "a form that cannot work")
            file.seek(0)
            file.truncate()
            print("late read,check", hashlib.sha256(b"l-secret").hexdigest(), file=file, flush=True)
            d.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while "read anew" not in d.messages() and time.monotonic() < deadline:
                time.sleep(0.05)
            expect_problem(d.get("/v1/catalog", Authorization=bearer["ops"]), 401, "key-unknown")
            expect(d.get("/v1/catalog", Authorization="Bearer l-secret").status == 200, "the new key is not known")
            print("nonsense", file=file, flush=True)
            d.process.send_signal(signal.SIGHUP)
            while "stays in force" not in d.messages() and time.monotonic() < deadline + 10:
                time.sleep(0.05)
            expect(d.get("/v1/catalog", Authorization="Bearer l-secret").status == 200, "a wrong file took the keys away")
        log = d.messages()
        expect(" ops POST /v1/checks 200 " in log, "no line for a request")
        expect(not any(secret in log for secret in ("secret", "pass-phrase")), "the log holds a secret")


def test_opt_out_and_hosts(binary):
    with tempfile.NamedTemporaryFile("w") as file:
        print(BROKEN, file=file, flush=True)
        with Daemon(binary, "--opt-out", file.name, "--public-name", "mail-check.test") as d:
            expect_problem(d.check({"domain": BROKEN}), 403, "opted-out")
            expect_problem(d.get(f"/v1/servers/mx1.{BROKEN}:25"), 403, "opted-out")
            expect_problem(d.get("/", Host="evil.test"), 421, "host-not-served")
            expect(d.get("/", Host="mail-check.test").status == 200, "the public name is refused")
            done = d.check({"domain": HEALTHY, "wait_s": 60})
            relays = {e["relay"]["result"] for h in done.json["report"]["hosts"] for a in h["addresses"] for e in a["endpoints"]}
            expect(relays == {"untested"}, f"the relay test of a public instance: {relays}")


def why_not_probed(d, domain):
    """By host: why its addresses were not connected to."""
    report = d.check({"domain": domain, "max_age_s": 0, "wait_s": 60}).json["report"]
    for host in report["hosts"]:
        for address in host["addresses"]:
            for endpoint in address["endpoints"]:
                expect((endpoint["not_probed"] == "opt_out") == (not endpoint["transcript"]), f"{host['host']} {address['ip']}: {endpoint}")
    return {h["host"]: {e["not_probed"] for a in h["addresses"] for e in a["endpoints"]} for h in report["hosts"]}


def test_the_list_of_opt_outs_counts_for_what_is_found(binary):
    """Workers hear of the list that is read anew; those that are forked later know it; a run under way goes on."""
    first, second = f"mx1.{HEALTHY}", f"mx2.{HEALTHY}"
    with tempfile.NamedTemporaryFile("w") as file, Daemon(binary, "--opt-out", file.name) as d:
        slow = d.check({"domain": MUTE}).json["id"]
        expect(why_not_probed(d, HEALTHY) == {first: {None}, second: {None}}, "an empty list leaves somebody out")
        print(second, file=file, flush=True)
        d.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while "read anew" not in d.messages() and time.monotonic() < deadline:
            time.sleep(0.05)
        expect(why_not_probed(d, HEALTHY) == {first: {None}, second: {"opt_out"}}, "the worker has not heard of it")
        expect_problem(d.get(f"/v1/servers/{second}:25"), 403, "opted-out")
        under_way = ("queued", "running")
        expect(d.get(f"/v1/checks/{slow}").json["state"] in under_way, "a run was lost")
        os.kill(workers_of(d.process.pid)[0], signal.SIGKILL)
        while d.get(f"/v1/checks/{slow}").json["state"] in under_way:
            time.sleep(0.05)
        expect(why_not_probed(d, HEALTHY) == {first: {None}, second: {"opt_out"}}, "the next worker does not know it")


def test_a_proxy_says_who_asks(binary):
    forwarded = {"X_Forwarded_For": "198.51.100.66, 203.0.113.77"}
    with Daemon(binary, "--request-log", "--behind-proxy") as d:
        d.get("/healthz", **forwarded)
    expect(" 203.0.113.77 - GET /healthz 200 " in d.messages(), d.messages())
    with Daemon(binary, "--request-log") as d:
        d.get("/healthz", **forwarded)
    expect(" 127.0.0.1 - GET /healthz 200 " in d.messages() and "203.0.113.77" not in d.messages(), "a header of anybody is believed")


def test_a_killed_worker(binary):
    with Daemon(binary) as d:
        ident = d.check({"domain": MUTE}).json["id"]
        while d.get(f"/v1/checks/{ident}").json["state"] == "queued":
            time.sleep(0.05)
        os.kill(workers_of(d.process.pid)[0], signal.SIGKILL)
        deadline = time.monotonic() + 10
        while (run := d.get(f"/v1/checks/{ident}").json)["state"] == "running" and time.monotonic() < deadline:
            time.sleep(0.05)
        expect(run["state"] == "failed" and run["problem"], run)
        expect_problem(d.get(f"/r/{ident}.json"), 502, "run-failed")
        expect(d.get(f"/r/{ident}").status == 502, "the page of a failed run")
        expect(d.check({"domain": HEALTHY, "wait_s": 60}).json["state"] == "done", "no worker came after it")


def test_the_end_waits_for_what_is_under_way(binary):
    with Daemon(binary) as d:
        answers = []
        slow = threading.Thread(target=lambda: answers.append(d.check({"domain": MUTE, "wait_s": 60})))
        d.get("/healthz")
        slow.start()
        time.sleep(0.5)
        began = time.monotonic()
        d.process.send_signal(signal.SIGTERM)
        slow.join(20)
        expect(answers and answers[0].json["state"] == "cancelled", answers)
        d.process.wait(20)
        expect(9 < time.monotonic() - began < 15, "it did not end after 10 s")
    with Daemon(binary) as d:
        d.get("/healthz")
        idle = socket.create_connection(("127.0.0.1", d.port))
        began = time.monotonic()
        d.process.send_signal(signal.SIGTERM)
        d.process.wait(20)
        expect(time.monotonic() - began < 5, "an idle connection keeps it")
        idle.close()


def test_a_service_manager(binary):
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(folder + "/notify")
        manager.settimeout(30)
        door = socket.create_server(("127.0.0.1", 0))

        # LISTEN_PID is known to the new process only.
        start = ["/bin/sh", "-c", f'export LISTEN_PID=$$; exec "$0" "$@" 3<&{door.fileno()}']
        environment = {"NOTIFY_SOCKET": folder + "/notify", "LISTEN_FDS": "1", "WATCHDOG_USEC": "200000"}
        with Daemon(binary, start=start, environment=environment, pass_fds=[door.fileno()]) as d:
            expect(d.port == door.getsockname()[1], "it listens elsewhere")
            expect(manager.recv(100) in (b"READY=1", b"WATCHDOG=1"), "not ready")
            expect(d.get("/healthz").status == 200, "the socket does not work")
            d.process.send_signal(signal.SIGHUP)
            seen = b""
            while b"RELOADING=1" not in seen:
                seen += manager.recv(100)
            while b"WATCHDOG=1" not in seen:
                seen += manager.recv(100)
        while b"STOPPING=1" not in seen:
            seen += manager.recv(100)


run_tests([test for name, test in list(globals().items()) if name.startswith("test_")], sys.argv[1:2])
