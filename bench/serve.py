#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon under load on loopback: requests a second and their latency by wrk, and memory for each connection and stream.

Usage, inside mxassay-lab: serve.py PATH-OF-MXASSAY
"""
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "serve"))
sys.dont_write_bytecode = True

from client import Daemon, expect

CLIENTS, SECONDS, STREAMS, IDLE = 50, 5, 2000, 10000
# Many clients, as a proxy tells them apart: one alone would meet its rate limit.
SCRIPT = """
local n = 0
request = function()
   n = n + 1
   return wrk.format("GET", nil, {["Host"] = "localhost", ["X-Forwarded-For"] = "198." .. 18 + n % 2 .. "." .. math.floor(n / 2) % 250 .. "." .. math.floor(n / 500) % 250})
end
"""


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def wrk(d, path, script):
    url = f"http://127.0.0.1:{d.port}{path}"
    told = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency", "-s", script, url], stdout=subprocess.PIPE, text=True, check=True).stdout
    expect("Non-2xx" not in told and "Socket errors" not in told, told)
    rate = float(re.search(r"Requests/sec: +([\d.]+)", told)[1])
    median, high = (re.search(rf"{share}% +(\S+)", told)[1] for share in (50, 99))
    return f"{rate:.0f} requests/s, median {median}, 99 of 100 within {high}"


def crowd(d, count, octets):
    """Memory that each of so many connections takes, which have sent that."""
    before = resident_kib(d.process.pid)
    connections = []
    for i in range(count):
        s = socket.create_connection(("127.0.0.1", d.port))
        s.sendall(octets(f"198.20.{i // 250}.{i % 250}"))
        connections.append(s)
    d.get("/healthz")
    grown = (resident_kib(d.process.pid) - before) / count
    for s in connections:
        s.close()
    return grown


def events(ident):
    return lambda client: f"GET /v1/checks/{ident}/events HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {client}\r\n\r\n".encode()


def main(binary):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    idle = min(IDLE, hard - 200)
    with Daemon(binary, "--behind-proxy") as d, tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        ident = d.check({"domain": "base.test", "wait_s": 60}).json["id"]
        expect(d.get("/v1/dns/mx-health?domain=base.test").status == 200, "no health")
        for what, path in (("/healthz", "/healthz"), ("mx-health of a kept result", "/v1/dns/mx-health?domain=base.test"), ("a kept report as a page", f"/r/{ident}"),
                           ("a kept report as JSON", f"/r/{ident}.json")):
            octets = len(d.get(path).body)
            print(f"serve: {what}, {octets} octets\t{wrk(d, path, script.name)}", flush=True)
    with Daemon(binary, "--behind-proxy") as d:
        ident = d.check({"domain": "mute.test"}).json["id"]
        print(f"serve: memory of each of {STREAMS} event streams\t{crowd(d, STREAMS, events(ident)):.1f} KiB", flush=True)
    with Daemon(binary) as d:
        d.get("/healthz")
        print(f"serve: memory of each of {idle} idle connections\t{crowd(d, idle, lambda client: b''):.1f} KiB", flush=True)


main(sys.argv[1])
