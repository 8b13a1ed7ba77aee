#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names whose address changes between look-ups: what was judged is what is connected to, and a name is asked for once.

A name server of ours is the root and all below it. It answers with a lifetime of 0, and with another address each time.
Usage, inside mxassay-lab: rebinding.py PATH-OF-MXASSAY
"""
import collections
import contextlib
import ipaddress
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from client import Daemon, expect, run_tests
from inside import Inside

NAME_SERVER, MAIL, WEB = "198.51.100.53", "198.51.100.77", "198.51.100.78"
A, NS, SOA, MX, TXT = 1, 2, 6, 15, 16
FOUND, NO_SUCH_NAME, AUTHORITATIVE = 0, 3, 0x8400
# An anchor for a name that nobody asks for: all else is unsigned, and that is fine.
ANCHOR = "elsewhere.invalid. IN DS 1 13 2 " + "00" * 32 + "\n"


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def data(rtype, text):
    if rtype == A:
        return ipaddress.IPv4Address(text).packed
    if rtype == MX:
        return struct.pack("!H", 10) + encoded(text)
    return bytes([len(text)]) + text.encode() if rtype == TXT else encoded(text)


class NameServer(threading.Thread):
    """`zone` is {(name, type): [first answer, second answer, ...]}; the last one stays. `asked` counts the questions."""

    def __init__(self, zone):
        super().__init__(daemon=True)
        self.zone = {("", NS): ["ns.root.test"], ("ns.root.test", A): [NAME_SERVER], **zone}
        self.asked = collections.Counter()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((NAME_SERVER, 53))
        self.socket.settimeout(0.1)
        self.closed = False

    def answer(self, message):
        labels, at = [], 12
        while message[at]:
            labels.append(message[at + 1 : at + 1 + message[at]].decode("latin-1").lower())
            at += 1 + message[at]
        name, rtype = ".".join(labels), struct.unpack("!H", message[at + 1 : at + 3])[0]
        answers = self.zone.get((name, rtype))
        records = b""
        if answers:
            text = answers[min(self.asked[name, rtype], len(answers) - 1)]
            octets = data(rtype, text)
            records = encoded(name) + struct.pack("!HHIH", rtype, 1, 0, len(octets)) + octets
        exists = name == "" or any(known == name or known.endswith("." + name) for known, _ in self.zone)
        denial = b"\0" + struct.pack("!HHIH", SOA, 1, 0, 22) + b"\0\0" + struct.pack("!5I", 1, 1, 1, 1, 0)
        self.asked[name, rtype] += 1
        return (message[:2] + struct.pack("!5H", AUTHORITATIVE | (FOUND if exists else NO_SUCH_NAME), 1, bool(records), not records, 0)
                + message[12 : at + 5] + (records or denial))

    def run(self):
        while not self.closed:
            with contextlib.suppress(TimeoutError):
                message, client = self.socket.recvfrom(4096)
                self.socket.sendto(self.answer(message), client)


class Outside(threading.Thread):
    """A server at a public address that takes one line, says one and hangs up, so that it is tried again."""

    def __init__(self, ip, port, greeting):
        super().__init__(daemon=True)
        self.greeting, self.visits = greeting, 0
        self.socket = socket.create_server((ip, port))
        self.socket.settimeout(0.1)
        self.closed = False

    def run(self):
        while not self.closed:
            with contextlib.suppress(OSError), self.socket.accept()[0] as client:
                self.visits += 1
                client.settimeout(10)
                client.sendall(self.greeting)
                client.recv(1000)


@contextlib.contextmanager
def world(binary, zone):
    for ip in (NAME_SERVER, MAIL, WEB):
        subprocess.run(["ip", "address", "add", ip + "/32", "dev", "lo"], check=False, stderr=subprocess.DEVNULL)
    names, mail, web, inside = NameServer(zone), Outside(MAIL, 25, b"220 mx.rebind.test ESMTP\r\n"), Outside(WEB, 443, b""), Inside()
    with tempfile.NamedTemporaryFile("w") as hints, tempfile.NamedTemporaryFile("w") as anchor:
        print(f". 3600 NS ns.root.test.\nns.root.test. 3600 A {NAME_SERVER}", file=hints, flush=True)
        print(ANCHOR, file=anchor, flush=True)
        for server in (names, mail, web):
            server.start()
        try:
            with Daemon(binary, "--root-hints", hints.name, "--trust-anchor", anchor.name, "--no-control", "--no-dnsbl") as d:
                yield d, names, mail, web, inside
        finally:
            for server in (names, mail, web):
                server.closed = True
                server.join()
                server.socket.close()
            inside.close()


def checked(d, order, *more_areas):
    """Without TLSA and CAA: to find these, the resolver asks on its own for the address of each name above."""
    answer = d.check({**order, "checks": ["mx", "net", "smtp", "rdns", "spf", *more_areas], "max_age_s": 0, "wait_s": 60})
    expect(answer.status == 200 and answer.json["state"] == "done", answer)
    return answer.json["report"]


def addresses(report):
    return [(a["ip"], a["endpoints"][0]["not_probed"]) for h in report["hosts"] for a in h["addresses"]]


def expect_asked_once(names, *questions):
    for question in questions:
        expect(names.asked[question] == 1, f"{question} was asked {names.asked[question]} times")


def test_a_mail_host_that_moves_inside(binary):
    """A first answer that is public; then this machine, then a private network. SPF and the retry need the address again."""
    zone = {("rebind.test", MX): ["mx.rebind.test"], ("mx.rebind.test", A): [MAIL, "127.0.0.1", "10.0.0.5"], ("rebind.test", TXT): ["v=spf1 mx a:mx.rebind.test -all"]}
    with world(binary, zone) as (d, names, mail, _, inside):
        report = checked(d, {"domain": "rebind.test"})
        expect(addresses(report) == [(MAIL, None)], addresses(report))
        expect(mail.visits >= 2, f"{mail.visits} connections to the address that was judged, so that nothing was tried again")
        expect_asked_once(names, ("rebind.test", MX), ("mx.rebind.test", A), ("rebind.test", TXT))
        expect(not inside.visits(), "something connected inside")
        before = mail.visits
        for moved in ("127.0.0.1", "10.0.0.5"):
            again = checked(d, {"domain": "rebind.test"})
            expect(addresses(again) == [(moved, "private_address")], addresses(again))
            expect("mx.address-public" in {f["id"] for f in again["findings"]}, "no finding says why")
        expect(not inside.visits() and mail.visits == before, "something connected")


def test_a_mail_host_that_moves_outside(binary):
    """Who was judged first is not connected to, and the address of the next answer was not judged."""
    zone = {("rebind.test", MX): ["mx.rebind.test"], ("mx.rebind.test", A): ["127.0.0.1", MAIL]}
    with world(binary, zone) as (d, names, mail, _, inside):
        report = checked(d, {"domain": "rebind.test"})
        expect(addresses(report) == [("127.0.0.1", "private_address")], addresses(report))
        expect_asked_once(names, ("mx.rebind.test", A))
        expect(not inside.visits() and mail.visits == 0, "something connected")


def test_a_server_that_moves_inside(binary):
    zone = {("mx.rebind.test", A): [MAIL, "127.0.0.1"]}
    with world(binary, zone) as (d, names, mail, _, inside):
        report = checked(d, {"host": "mx.rebind.test", "port": 25})
        expect(addresses(report) == [(MAIL, None)], addresses(report))
        expect(mail.visits >= 2, f"{mail.visits} connections")
        expect_asked_once(names, ("mx.rebind.test", A))
        again = checked(d, {"host": "mx.rebind.test", "port": 25})
        expect(addresses(again) == [("127.0.0.1", "private_address")], addresses(again))
        expect(not inside.visits(), "something connected inside")


def test_a_policy_host_that_moves_inside(binary):
    zone = {("rebind.test", MX): ["mx.rebind.test"], ("mx.rebind.test", A): [MAIL], ("_mta-sts.rebind.test", TXT): ["v=STSv1; id=1;"],
            ("mta-sts.rebind.test", A): [WEB, "127.0.0.1", "10.0.0.5"]}
    with world(binary, zone) as (d, names, _, web, inside):
        report = checked(d, {"domain": "rebind.test"}, "mtasts")
        expect(web.visits > 0, "the policy was not asked for at the address that was judged")
        expect(report["policies"]["mta_sts"]["fetch"]["ip"] == WEB, report["policies"]["mta_sts"])
        expect_asked_once(names, ("_mta-sts.rebind.test", TXT), ("mta-sts.rebind.test", A))
        before = web.visits
        for _ in range(2):
            again = checked(d, {"domain": "rebind.test"}, "mtasts")
            expect(again["policies"]["mta_sts"]["fetch"]["result"] == "private_address", again["policies"]["mta_sts"])
        expect(not inside.visits() and web.visits == before, "something connected")


run_tests([test for name, test in list(globals().items()) if name.startswith("test_")], sys.argv[1:2])
