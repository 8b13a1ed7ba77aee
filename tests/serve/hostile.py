#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that mean harm: bad HTTP, slow and silent ones, crowds; and targets that lead inside, to which nothing may connect.

Usage, inside mxassay-lab: hostile.py PATH-OF-MXASSAY
"""
import json
import resource
import socket
import sys
import time
import urllib.parse

from client import Daemon, expect, expect_problem, run_tests
from inside import Inside

HEALTHY = "base.test"
# Servers as tricks: each is a way to write an address of this machine or of a private network, or a name for it.
TRICKS = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.", "127.000.000.001", "0.0.0.0", "0",
          "10.0.0.5", "169.254.169.254", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
          "[64:ff9b::10.0.0.5]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a00:5::1]", "[fe80::1]", "[fe80::1%lo]", "[fc00::1]", "localhost", "LOCALHOST",
          "localhost.", "localhost.localdomain", "mail.localhost", "１２７.0.0.1", "127。0。0。1", "user@127.0.0.1", "127.0.0.1#x", "127.0.0.1\\x", "127.0.0.1%00.base.test"]
# Domains of the lab whose DNS leads inside (tests/serve/worlds/in-*.scn).
DOMAINS = ["in-loopback", "in-private", "in-loopback6", "in-mapped", "in-nat64", "in-alias", "in-localhost", "in-number", "in-both", "in-metadata", "in-policy", "in-redirect"]


def outcomes(report):
    return {(a["ip"], e["outcome"]) for h in report["hosts"] for a in h["addresses"] for e in a["endpoints"]}


def test_nothing_connects_inside(binary):
    inside = Inside()
    socket.create_connection(("127.0.0.1", 25)).close()
    socket.create_connection(("10.0.0.5", 25)).close()
    expect(len(inside.visits()) == 2, "the listeners inside do not see who comes")
    with Daemon(binary) as d:
        for trick in TRICKS:
            for answer in (d.get(f"/v1/servers/{urllib.parse.quote(trick, safe='[]:')}:25"), d.check({"host": trick, "wait_s": 60})):
                report = answer.json.get("report", answer.json)
                if answer.status != 200:
                    expect(answer.status in (400, 403, 404) and answer.json["code"] in ("not-public", "invalid-target", "not-found", "invalid-parameter"), f"{trick}: {answer}")
                else:
                    expect(report and all(outcome == "not_probed" for _, outcome in outcomes(report)) and report["findings"], f"{trick}: {outcomes(report)}")
            expect(not inside.visits(), f"{trick}: something connected inside")
        for name in DOMAINS:
            answer = d.check({"domain": f"{name}.test", "wait_s": 60, "ports": [25]})
            report = answer.json["report"]
            reached = {ip for ip, outcome in outcomes(report) if outcome == "completed"}
            expect(not inside.visits(), f"{name}: something connected inside")
            expect(not reached & {"127.0.0.1", "10.0.0.5", "::1", "169.254.169.254"}, f"{name}: {outcomes(report)}")
            expect(report["findings"], f"{name}: no finding says why")
            if name == "in-redirect":
                expect("mtasts.policy-fetch" in {finding["id"] for finding in report["findings"]}, "the policy's host was not asked")
            for host in report["hosts"]:
                if not any(outcome == "completed" for a in host["addresses"] for outcome in [e["outcome"] for e in a["endpoints"]]) and host["host"].startswith("mx2"):
                    server = d.check({"host": host["host"], "wait_s": 60})
                    expect(server.status == 200 and all(o == "not_probed" for _, o in outcomes(server.json["report"])), f"{host['host']}: {server}")
        expect(not inside.visits(), "something connected inside")
    with Daemon(binary, "--allow-private") as d:
        begun = d.check({"host": "127.0.0.1", "wait_s": 2})
        d.ask("DELETE", f"/v1/checks/{begun.json['id']}")
        expect("127.0.0.1 port 25" in inside.visits(), "--allow-private does not connect, so that the tests above show nothing")
    inside.close()


def exchange(d, octets, wait_s=5, half_close=False):
    with socket.create_connection(("127.0.0.1", d.port), timeout=wait_s) as s:
        s.sendall(octets)
        if half_close:
            s.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := s.recv(65536):
                answer += part
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


def head(*lines, body=b""):
    return "\r\n".join(("{}", "Host: localhost", *lines[1:], "", "")).format(lines[0]).encode() + body


def test_bad_requests(binary):
    with Daemon(binary) as d:
        for name, octets, status in (
                ("no HTTP at all", b"EHLO localhost\r\n\r\n", None),
                ("binary", bytes(range(256)) * 4, None),
                ("a header without end", b"GET / HTTP/1.1\r\nX: " + b"a" * 100000, b"431"),
                ("many headers", b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(5000)) + b"\r\n", b"431"),
                ("a long path", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", None),
                ("a large body, announced", head("POST /v1/checks HTTP/1.1", "Content-Type: application/json", "Content-Length: 99999999"), b"413"),
                ("a negative length", head("POST /v1/checks HTTP/1.1", "Content-Type: application/json", "Content-Length: -1"), b"4"),
                ("no host", b"GET / HTTP/1.1\r\n\r\n", b"4"),
                ("octets that are no UTF-8", head("GET /v1/dns/mx-health?domain=%FF%FE HTTP/1.1", "Connection: close"), b"400"),
                ("a NUL", head("GET /v1/dns/mx-health?domain=a%00b.test HTTP/1.1", "Connection: close"), b"400"),
                ("an argument that nobody knows", head("GET /?a=1 HTTP/1.1", "Connection: close"), b"400"),
                ("many arguments", head(f"GET /?{'a=1&' * 20}b=2 HTTP/1.1", "Connection: close"), b"400"),
                ("an expectation", head("POST /v1/checks HTTP/1.1", "Content-Type: application/json", "Content-Length: 2", "Expect: a miracle",
                                        "Connection: close", body=b"{}"), b"417"),
        ):
            answer = exchange(d, octets)
            expect(status is None or answer.startswith(b"HTTP/1.1 " + status), f"{name}: {answer[:200]}")
            expect(d.get("/healthz").status == 200, f"after {name} it is gone")
        chunked = head("POST /v1/checks HTTP/1.1", "Content-Type: application/json", "Transfer-Encoding: chunked", "Connection: close")
        too_much = chunked + (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 4 + b"0\r\n\r\n"
        expect(exchange(d, too_much).startswith(b"HTTP/1.1 413"), "a large body in chunks")
        body = b'{"domain":"base.test"}'
        expect(exchange(d, chunked + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)).startswith(b"HTTP/1.1 20"), "a body in chunks")
        try:
            exchange(d, chunked + (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 2000)
        except (ConnectionResetError, BrokenPipeError):
            pass
        expect(d.get("/healthz").status == 200, "after a body without end it is gone")
        pipelined = exchange(d, head("GET /healthz HTTP/1.1") * 20 + head("GET /readyz HTTP/1.1", "Connection: close"))
        expect(pipelined.count(b"HTTP/1.1 200") == 21 and pipelined.endswith(b"ready\n"), f"pipelined: {pipelined.count(b'HTTP/1.1 200')}")


def test_every_size_of_head_gets_an_answer(binary):
    """What is answered comes out of the same memory as the request."""
    with Daemon(binary) as d:
        for arguments in (0, 8, 30, 60, 200, 2000):
            for octets in (0, 4000, 8000, 12000, 15000, 15800, 16000, 16200, 40000):
                for more in (0, 4000, 7000):
                    line = f"GET /?{'a=1&' * arguments}b={'x' * octets} HTTP/1.1"
                    answer = exchange(d, head(line, "Connection: close", *(["X: " + "y" * more] if more else [])))
                    expect(answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 414", b"HTTP/1.1 431"), f"{arguments} arguments, {octets} octets, {more} more: {answer[:200]}")
        for octets in range(12000, 16500, 50):
            answer = exchange(d, head("GET /healthz HTTP/1.1", "Connection: close", "X: " + "y" * octets))
            expect(answer[:12] in (b"HTTP/1.1 200", b"HTTP/1.1 431"), f"a header of {octets} octets: {answer[:200]}")
        for count in range(20, 400, 5):
            answer = exchange(d, head("GET /healthz HTTP/1.1", "Connection: close", *(f"X{i}: y" for i in range(count))))
            expect(answer[:12] in (b"HTTP/1.1 200", b"HTTP/1.1 431"), f"{count} headers: {answer[:200]}")
        refused = d.get("/?" + "a=1&" * 2000)
        expect_problem(refused, 414, "uri-too-long")
        expect_problem(d.get("/" + "a" * 10000), 414, "uri-too-long")
        expect_problem(d.get("/healthz", X="y" * 14500), 431, "headers-too-large")


def test_refused_heads_are_in_the_log(binary):
    """A line each, whoever refused it: we, or the library, which tells least of what it could not read."""
    many = "a=1&" * 60
    with Daemon(binary, "--request-log") as d:
        for octets in (head("GET /healthz HTTP/1.1", "Connection: close"),
                       head(f"GET /long{'a' * 9000}?secret=1 HTTP/1.1"), head(f"GET /many?{many}secret=1 HTTP/1.1"), head("GET /headers HTTP/1.1", "X: " + "y" * 14500),
                       head("GET /larger?secret=1 HTTP/1.1", "X: " + "y" * 40000), head(f"GET /{'b' * 40000} HTTP/1.1"), b"GET /hostless HTTP/1.1\r\n\r\n"):
            exchange(d, octets)
        counted = [line for line in d.get("/metrics").body.decode().splitlines() if line.startswith("mxassay_http_requests_total")]
    lines = [line.split(" ")[1:] for line in d.messages().splitlines() if line.endswith(" ms") and " GET /metrics " not in line and " GET /openapi.json " not in line]
    seen = [(client, method, path[:10], status) for client, _, method, path, status, *_ in lines]
    expect(seen == [
        ("127.0.0.1", "GET", "/healthz", "200"), ("127.0.0.1", "-", "/longaaaaa", "414"), ("127.0.0.1", "-", "/many", "414"), ("127.0.0.1", "-", "/headers", "431"),
        ("127.0.0.1", "-", "/larger", "431"), ("127.0.0.1", "-", "-", "414"), ("127.0.0.1", "-", "/hostless", "400")], seen)
    expect("secret" not in d.messages(), "the log holds what was asked for behind the path")
    expect(any('"4xx"' in line and line.endswith(" 6") for line in counted), counted)


def test_half_requests_and_slow_ones(binary):
    with Daemon(binary) as d:
        d.get("/healthz")
        slow = socket.create_connection(("127.0.0.1", d.port))
        half = socket.create_connection(("127.0.0.1", d.port))
        half.sendall(head("POST /v1/checks HTTP/1.1", "Content-Type: application/json", "Content-Length: 100", body=b'{"dom'))
        done = d.check({"domain": HEALTHY, "wait_s": 60})
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        reader.connect(("127.0.0.1", d.port))
        for _ in range(100):
            reader.sendall(head(f"GET /r/{done.json['id']}.json HTTP/1.1"))
        began, ended = time.monotonic(), {}
        slow.setblocking(False)
        half.setblocking(False)
        while len(ended) < 2 and time.monotonic() - began < 40:
            for name, s in (("slow", slow), ("half", half)):
                if name in ended:
                    continue
                try:
                    if name == "slow":
                        s.send(b"G")
                    if s.recv(1000) == b"":
                        ended[name] = time.monotonic() - began
                except BlockingIOError:
                    pass
                except (ConnectionResetError, BrokenPipeError):
                    ended[name] = time.monotonic() - began
            time.sleep(0.2)
            expect(d.get("/healthz").status == 200, "slow clients keep others out")
        expect(len(ended) == 2, f"a request without end may last: {ended}")
        for s in (slow, half, reader):
            s.close()


def memory_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def test_two_thousand_idle_connections(binary):
    resource.setrlimit(resource.RLIMIT_NOFILE, (4000, max(4000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    with Daemon(binary) as d:
        d.get("/healthz")
        before = memory_kib(d.process.pid)
        crowd = [socket.create_connection(("127.0.0.1", d.port)) for _ in range(2000)]
        expect(d.get("/healthz").status == 200, "a crowd keeps others out")
        expect("mxassay_http_connections 2001" in d.get("/metrics").body.decode(), "not all of them are open")
        grown = memory_kib(d.process.pid) - before
        expect(grown < 64 * 1024, f"{grown} KiB for 2,000 connections that say nothing")
        deadline = time.monotonic() + 40
        while "mxassay_http_connections 1\n" not in d.get("/metrics").body.decode():
            expect(time.monotonic() < deadline, "connections that say nothing stay")
            time.sleep(0.5)
        for s in crowd:
            s.close()


def test_clients_that_leave(binary):
    with Daemon(binary) as d:
        ident = d.check({"domain": "mute.test"}).json["id"]
        for _ in range(200):
            s = socket.create_connection(("127.0.0.1", d.port))
            s.sendall(head(f"GET /v1/checks/{ident}/events HTTP/1.1"))
            s.close()
            s = socket.create_connection(("127.0.0.1", d.port))
            body = json.dumps({"domain": "mute.test", "wait_s": 3}).encode()
            s.sendall(head("POST /v1/checks HTTP/1.1", "Content-Type: application/json", f"Content-Length: {len(body)}", body=body))
            s.close()
        deadline = time.monotonic() + 45
        while "mxassay_http_connections 1\n" not in (metrics := d.get("/metrics").body.decode()):
            expect(time.monotonic() < deadline, f"connections of those who left stay: {[l for l in metrics.splitlines() if 'http_' in l]}")
            time.sleep(0.5)
        expect(d.get("/healthz").status == 200, "it is gone")


run_tests([test for name, test in list(globals().items()) if name.startswith("test_")], sys.argv[1:2])
