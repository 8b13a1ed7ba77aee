#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Crowds: thousands of connections and of event streams, and workers that die under them. Everybody gets an answer.

Usage, inside mxassay-lab: load.py PATH-OF-MXASSAY
"""
import json
import os
import resource
import selectors
import signal
import socket
import sys
import threading
import time

from client import Daemon, expect, expect_problem, run_tests

HEALTHY, MUTE = "base.test", "mute.test"
STREAMS, IDLE, SPARE = 2000, 10000, 200


def let_open(count):
    """How many connections this process may have at once, up to `count`."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < count + SPARE:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count + SPARE, count + SPARE))
        except (ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            return hard - SPARE
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(count + SPARE, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), hard))
    return count


def workers_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [int(child) for child in children.read().split()]


def metric(d, name):
    return next(int(line.split()[1]) for line in d.get("/metrics").body.decode().splitlines() if line.startswith(name + " "))


def until(condition, what, within_s=60):
    deadline = time.monotonic() + within_s
    while not condition():
        expect(time.monotonic() < deadline, what)
        time.sleep(0.1)


def run_on_mute(d):
    """A run that stays under way: its server never greets."""
    ident = d.check({"domain": MUTE}).json["id"]
    until(lambda: d.get(f"/v1/checks/{ident}").json["progress"]["total"], "the mail servers are not reached")
    return ident


def open_streams(d, ident, count):
    """Each by another client, as the proxy says."""
    streams = []
    for i in range(count):
        s = socket.create_connection(("127.0.0.1", d.port))
        s.sendall(f"GET /v1/checks/{ident}/events HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.18.{i // 250}.{i % 250}\r\n\r\n".encode())
        streams.append(s)
    return streams


def read_until(streams, end, within_s=60):
    """Reads all at once; how many have said `end`."""
    seen, said, deadline = 0, {s: b"" for s in streams}, time.monotonic() + within_s
    with selectors.DefaultSelector() as selector:
        for s in streams:
            s.setblocking(False)
            selector.register(s, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(1):
                part = key.fileobj.recv(65536)
                said[key.fileobj] += part
                if end in said[key.fileobj] or not part:
                    seen += end in said[key.fileobj]
                    selector.unregister(key.fileobj)
    return seen


def test_two_thousand_streams_hear_the_end(binary):
    count = let_open(STREAMS)
    with Daemon(binary, "--behind-proxy") as d:
        d.get("/healthz")
        ident = run_on_mute(d)
        streams = open_streams(d, ident, count)
        until(lambda: metric(d, "mxassay_http_streams") == count, "not all streams are open")
        expect(d.check({"domain": HEALTHY, "wait_s": 60}).json["state"] == "done", "streams keep others out")
        os.kill(workers_of(d.process.pid)[0], signal.SIGKILL)
        heard = read_until(streams, b'"state":"failed"')
        expect(heard == count, f"{heard} of {count} streams heard the end")
        for s in streams:
            s.close()
        until(lambda: metric(d, "mxassay_http_streams") == 0, "streams stay")
        print(f"    {count} streams")


def test_ten_thousand_idle_connections(binary):
    count = let_open(IDLE)
    with Daemon(binary) as d:
        d.get("/healthz")
        crowd = [socket.create_connection(("127.0.0.1", d.port)) for _ in range(count)]
        expect(d.get("/healthz").status == 200, "a crowd keeps others out")
        reached = metric(d, "mxassay_http_connections") - 1
        expect(d.check({"domain": HEALTHY, "wait_s": 60}).json["state"] == "done", "a crowd keeps checks from ending")
        until(lambda: metric(d, "mxassay_http_connections") == 1, "connections that say nothing stay")
        for s in crowd:
            s.close()
        print(f"    {count} connections, {reached} of them open at once")


def test_few_descriptors(binary):
    """Where connections take all descriptors, there is none for the next worker."""
    few = 256
    let_open(few)

    def limits():
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, few))

    with Daemon(binary, preexec_fn=limits) as d:
        d.get("/healthz")
        crowd = [socket.create_connection(("127.0.0.1", d.port)) for _ in range(few)]
        os.kill(workers_of(d.process.pid)[0], signal.SIGKILL)
        until(lambda: workers_of(d.process.pid), "no worker came after it")
        expect(d.check({"domain": HEALTHY, "wait_s": 60}).json["state"] == "done", "a crowd takes it all")
        for s in crowd:
            s.close()


def test_slow_readers(binary):
    with Daemon(binary, "--behind-proxy") as d:
        ident = d.check({"domain": HEALTHY, "wait_s": 60}).json["id"]
        readers = []
        for i in range(300):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            s.connect(("127.0.0.1", d.port))
            s.sendall(f"GET /r/{ident}.json HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.18.1.{i % 250}\r\n\r\n".encode() * 20)
            readers.append(s)
        for _ in range(50):
            expect(d.get(f"/r/{ident}.json").status == 200, "slow readers keep others out")
        for s in readers:
            s.recv(100)
            s.close()
        until(lambda: metric(d, "mxassay_http_connections") == 1, "slow readers who left stay")


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "check_mail_domain", "arguments": {"domain": MUTE}}}


def test_whoever_waits_hears_of_a_killed_worker(binary):
    with Daemon(binary) as d:
        run_on_mute(d)
        answers = {}
        asks = {
            "wait": lambda: d.check({"domain": MUTE, "wait_s": 60}),
            "mx-health": lambda: d.get(f"/v1/dns/mx-health?domain={MUTE}"),
            "server": lambda: d.get(f"/v1/servers/mx1.{MUTE}:25"),
            "probe": lambda: d.get(f"/probe?target={MUTE}"),
            "mcp": lambda: d.ask("POST", "/mcp", CALL, Accept="application/json"),
            "mcp stream": lambda: d.ask("POST", "/mcp", CALL, Accept="application/json, text/event-stream"),
        }
        waiting = [threading.Thread(target=lambda name=name, ask=ask: answers.update({name: ask()})) for name, ask in asks.items()]
        for one in waiting:
            one.start()
        until(lambda: metric(d, "mxassay_http_connections") == len(asks) + 1, "not all wait")
        time.sleep(1)
        os.kill(workers_of(d.process.pid)[0], signal.SIGKILL)
        for one in waiting:
            one.join(30)
        expect(set(answers) == set(asks), f"without an answer: {set(asks) - set(answers)}")
        expect(answers["wait"].json["state"] == "failed" and answers["wait"].json["problem"], answers["wait"])
        for name in ("mx-health", "server"):
            expect_problem(answers[name], 502, "run-failed")
        expect(answers["probe"].status == 200 and b"probe_success 0" in answers["probe"].body or answers["probe"].status == 502, answers["probe"])
        expect(answers["mcp"].json["result"]["isError"], answers["mcp"])
        told = [json.loads(line[6:]) for line in answers["mcp stream"].body.decode().splitlines() if line.startswith("data: ")]
        expect(told[-1]["result"]["isError"], told)
        expect(d.check({"domain": HEALTHY, "wait_s": 60}).json["state"] == "done", "no worker came after it")


def test_workers_that_die_again_and_again(binary):
    with Daemon(binary) as d:
        for _ in range(5):
            ident = run_on_mute(d)
            os.kill(workers_of(d.process.pid)[0], signal.SIGKILL)
            until(lambda: d.get(f"/v1/checks/{ident}").json["state"] == "failed", "the run has not failed")
        expect(d.check({"domain": HEALTHY, "wait_s": 60}).json["state"] == "done", "no worker came after it")


run_tests([test for name, test in list(globals().items()) if name.startswith("test_")], sys.argv[1:2])
