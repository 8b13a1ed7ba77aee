#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mxassay spf against a small name server of its own: result, tree, counters, JSON, exit status.

Usage: spf.py PATH-OF-MXASSAY
"""
import ipaddress
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
ZONE = {
    "example.org": [("TXT", "v=spf1 ip4:192.0.2.1 include:_spf.example.net exists:%{l}.list.example.org ~mx -all exp=why.example.org"),
                    ("MX", "mx1.example.org")],
    "mx1.example.org": [("A", "192.0.2.3")],
    "_spf.example.net": [("TXT", "v=spf1 a:out.example.net ?all")],
    "out.example.net": [("A", "192.0.2.2"), ("AAAA", "2001:db8::2")],
    "why.example.org": [("TXT", "%{i} is not ours, %{h}")],
    "a b\\c.list.example.org": [("A", "127.0.0.2")],
    "broken.example.org": [("TXT", "v=spf1 mx ip4:192.0.2 -all")],
    "neutral.example.org": [("TXT", "v=spf1 ip4:192.0.2.1")],
    "partly.example.org": [("TXT", "v=spf1 ip4:192.0.2.1 include:broken.example.org -all")],
    "soft.example.org": [("TXT", "v=spf1 ~all")],
    "costly.example.org": [("TXT", "v=spf1 ip4:192.0.2.1 " + "a:mx1.example.org " * 11 + "a:n.example.net mx:n.example.net -all")],
    "slow.example.org": "SERVFAIL",
    "xn--mller-kva.example.org": [("TXT", "v=spf1 ip4:192.0.2.1 -all")],
    "4.2.0.192.in-addr.arpa": [("PTR", "host.ptr.example.org")],
    "host.ptr.example.org": [("A", "192.0.2.4")],
    "ptr.example.org": [("TXT", "v=spf1 ptr -all")],
}


def pack_name(name):
    labels = name.encode("latin-1").split(b".") if name else []
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def pack_data(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "TXT":
        octets = value.encode("latin-1")
        return b"".join(bytes([len(octets[i:i + 255])]) + octets[i:i + 255] for i in range(0, len(octets), 255))
    return (struct.pack("!H", 10) if kind == "MX" else b"") + pack_name(value)


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += query[at] + 1
    kind, = struct.unpack("!H", query[at + 1:at + 3])
    name = ".".join(labels).lower()
    question, records = query[12:at + 5], ZONE.get(name)
    rcode, body, count = 0, b"", 0
    if records == "SERVFAIL":
        rcode = 2
    elif records is None and not any(owner.endswith("." + name) for owner in ZONE):
        rcode = 3
    elif records:
        for record_kind, value in records:
            if TYPES[record_kind] == kind:
                data = pack_data(record_kind, value)
                body += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
                count += 1
    authority = b"" if count or rcode == 2 else b"\0" + struct.pack("!HHIH", 6, 1, 60, 22) + b"\0\0" + struct.pack("!IIIII", 1, 60, 60, 60, 60)
    return query[:2] + struct.pack("!HHHHH", 0x8180 | rcode, 1, count, 1 if authority else 0, 0) + question + body + authority


def serve(udp):
    while True:
        query, peer = udp.recvfrom(4096)
        udp.sendto(answer(query), peer)


def main():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(udp,), daemon=True).start()
    anchor = tempfile.NamedTemporaryFile("w", suffix=".ds")
    anchor.write("nothing-is-signed.example. IN DS 1 13 2 " + "00" * 32 + "\n")
    anchor.flush()
    failures = 0

    def run(*arguments):
        dns = ["--resolver", f"127.0.0.1@{udp.getsockname()[1]}", "--trust-anchor", anchor.name]
        return subprocess.run([sys.argv[1], "spf", *dns, *arguments], capture_output=True, text=True, timeout=60, check=False)

    def expect(arguments, status, *words):
        nonlocal failures
        result = run(*arguments)
        missing = [word for word in words if word not in result.stdout + result.stderr]
        if result.returncode != status or missing:
            failures += 1
            print(f"spf {' '.join(arguments)}: status {result.returncode}, not {status}; missing {missing}:\n{result.stdout}{result.stderr}")
        return result

    joe = ["--from", "joe@example.org", "--helo", "client.example"]
    expect(["--ip", "192.0.2.1", *joe], 0, "pass: 192.0.2.1 may send for joe@example.org\n  decided by ip4:192.0.2.1 in the record of example.org\n",
           "terms that ask the DNS: 0 of 10; without an answer there: 0 of 2; questions: 1", "the whole record at worst: 4 of 10; 0 of 2")
    expect(["--ip", "192.0.2.2", *joe], 0, "pass:", "decided by include:_spf.example.net", "_spf.example.net: v=spf1 a:out.example.net ?all  -> pass",
           "A out.example.net: 1 record")
    expect(["--ip", "2001:db8::2", *joe], 0, "pass: 2001:db8::2 may send", "AAAA out.example.net: 1 record")
    expect(["--ip", "::ffff:192.0.2.1", *joe], 0, "pass: 192.0.2.1 may send")
    expect(["--ip", "192.0.2.3", *joe], 0, "softfail: 192.0.2.3 should not send", "decided by ~mx", "MX example.org: 1 record", "A joe.list.example.org: no such name")
    expect(["--ip", "192.0.2.4", *joe], 1, "fail: 192.0.2.4 may not send for joe@example.org", "the domain explains: 192.0.2.4 is not ours, client.example\n")
    expect(["--ip", "192.0.2.9", "--from", "a b\\c@example.org"], 0, "pass:", "A a\\032b\\092c.list.example.org: 1 record")
    expect(["--ip", "192.0.2.1", "--from", "joe@broken.example.org"], 1, "permerror:", "no IPv4 network: ip4:192.0.2 in the record of broken.example.org",
           "(octet 11)")
    expect(["--ip", "192.0.2.1", "--from", "joe@partly.example.org"], 0, "pass:",
           "other addresses may meet an error: no IPv4 network: ip4:192.0.2 in the record of broken.example.org")
    expect(["--ip", "192.0.2.2", "--from", "joe@partly.example.org"], 1, "permerror:", "no IPv4 network")
    expect(["--ip", "192.0.2.9", "--from", "joe@neutral.example.org"], 0, "neutral: neutral.example.org does not say", "no term matches")
    expect(["--ip", "192.0.2.9", "--from", "joe@soft.example.org"], 0, "softfail:")
    expect(["--ip", "192.0.2.1", "--from", "joe@mx1.example.org"], 0, "none:", "has no SPF record")
    expect(["--ip", "192.0.2.1", "--from", "joe@nowhere.example.net"], 0, "none:", "does not exist")
    expect(["--ip", "192.0.2.1", "--from", "joe@slow.example.org"], 75, "temperror:", "the DNS gives no answer")
    expect(["--ip", "192.0.2.1", "--from", "joe@costly.example.org"], 0, "pass:", "the whole record at worst: 13 of 10; 2 of 2")
    expect(["--ip", "192.0.2.4", "--from", "joe@ptr.example.org"], 0, "pass:", "PTR 4.2.0.192.in-addr.arpa: 1 record", "A host.ptr.example.org: 1 record")
    expect(["--ip", "192.0.2.1", "--from", "joe@m\u00fcller.example.org"], 0, "pass:", "xn--mller-kva.example.org")
    expect(["--ip", "192.0.2.1", "--from", "<>", "--helo", "Neutral.Example.ORG"], 0, "pass: 192.0.2.1 may send for postmaster@neutral.example.org")
    expect(["--ip", "192.0.2.1", "--from", "neutral.example.org"], 0, "pass: 192.0.2.1 may send for postmaster@neutral.example.org")

    report = json.loads(expect(["--json", "--ip", "192.0.2.2", *joe], 0).stdout)
    seen = [report["result"], report["decided_by"]["term"], report["lookups"], report["worst_case"]["lookups"], report["records"][1]["domain"],
            report["records"][0]["terms"][1]["record"], report["records"][1]["terms"][0]["questions"][0]["name"]]
    if seen != ["pass", "include:_spf.example.net", 2, 4, "_spf.example.net", 1, "out.example.net"]:
        failures += 1
        print("JSON:", seen)

    expect([], 64, "--ip and --from")
    expect(["--ip", "192.0.2", "--from", "joe@example.org"], 64, "--ip", "192.0.2")
    expect(["--ip", "192.0.2.1", "--from", "<>"], 64, "--helo")
    expect(["--ip", "192.0.2.1", "--from", "joe@example.org", "more"], 64, "more")
    expect(["--ip", "192.0.2.1", "--from", "joe@a..b"], 65, "a..b", "empty")
    expect(["--help"], 0, "--ip IP", "75 temperror")
    sys.exit(1 if failures else 0)


main()
