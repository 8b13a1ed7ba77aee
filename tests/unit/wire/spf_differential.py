#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""spf_differential.py SPF_CASES: our results against those of python3-spf over generated worlds; doc/spf.md.

A world is a handful of domains with generated records and the same small DNS for both. What doc/spf.md names as
differences is not generated. The seed is fixed, so every run sees the same worlds.
"""
import random
import socket
import subprocess
import sys
import tempfile

import spf

WORLDS, CHECKS, SEED = 300, 6, 7208
DOMAINS = [f"d{i}.example" for i in range(8)]
HOSTS = [f"h{i}.example" for i in range(5)]
CLIENTS = ["192.0.2.1", "192.0.2.2", "192.0.2.77", "198.51.100.5", "203.0.113.200", "2001:db8::1", "2001:db8::77", "2001:db8:5::1", "::ffff:192.0.2.2"]
LOCAL_PARTS = ["joe", "ann.lee", "a+b-c", "x", "Mixed.Case", "very.long-" + "l" * 40]
HELOS = ["h0.example", "Mail.Example.ORG", "client", "d1.example"]
DEFAULT_EXPLANATION = spf.EXPLANATIONS["fail"]


def macro(rng, letters):
    letter = rng.choice(letters)
    letter = letter.upper() if rng.random() < 0.1 else letter
    return "%{" + letter + rng.choice(["", "", "", "1", "2", "3"]) + rng.choice(["", "", "r"]) + rng.choice(["", "", "", "-", "+", ".-", "-+=", "_"]) + "}"


def target(rng):
    pick = rng.random()
    if pick < 0.45:
        return rng.choice(DOMAINS)
    if pick < 0.75:
        return rng.choice(HOSTS)
    if pick < 0.79:
        return rng.choice(["nowhere.example", "text.example", "slow.example", "slow.example", "slow.example"])
    if pick < 0.98:
        return macro(rng, "slodihv") + rng.choice([".", "._x.", "-y."]) + rng.choice([rng.choice(DOMAINS), macro(rng, "do"), "l.example"])
    return rng.choice(["x%%y.example", "x%_y.example", "x%-y.example", "a_b.example", "a..b.example", "%{l}..example", "l" * 64 + ".example", "d1.example."])


def prefix(rng):
    if rng.random() < 0.01:
        return rng.choice(["/33", "/024", "//129", "/", "/8/64"])
    return rng.choice(["/24", "/32", "/0", "/8//64", "//128", "//32", "/25//0"]) if rng.random() < 0.3 else ""


def term(rng):
    qualifier = rng.choice(["", "", "", "", "+", "-", "~", "?"])
    kind = rng.choice(["include"] * 2 + ["a"] * 3 + ["mx"] * 2 + ["ip4"] * 3 + ["ip6"] * 2 + ["exists"] * 2 + ["ptr"] + ["modifier"])
    if rng.random() < 0.008:
        return rng.choice(["all:", "foo", "ip4", "ip4:192.0.2", "ip6:192.0.2.1", "a:", "mx:example", "exists", "include", "-", "x=%{q}", "A=", "ip4:192.0.2.01",
                           "ptr/24", "a:b.example:25", "exists:%{l", "exists:%{t}.example", "exists:100%.example", "+-all", "-exp=a.example", "ip4:192.0.2.0/33"])
    if kind == "modifier":
        return f"m{rng.randrange(10 ** 9)}=" + rng.choice(["x", "%{d}", "", "a=b"])
    if kind == "ip4":
        return qualifier + rng.choice(["ip4:", "IP4:"]) + rng.choice(["192.0.2.0/24", "192.0.2.1", "198.51.100.0/25", "203.0.113.200/31", "10.0.0.0/8", "192.0.2.64/26"])
    if kind == "ip6":
        return qualifier + "ip6:" + rng.choice(["2001:db8::/64", "2001:db8::77", "2001:db8:5::/48", "2001:DB8::0.0.0.1", "fe80::/10", "2001:db8::/127"])
    if kind in ("a", "mx"):
        return qualifier + kind + rng.choice(["", ":" + target(rng)]) + prefix(rng)
    if kind == "ptr":
        return qualifier + "ptr" + rng.choice(["", ":example", ":" + rng.choice(DOMAINS), ":" + rng.choice(HOSTS)]).replace(":example", ":h0.example")
    return f"{qualifier}{kind}:{target(rng)}"


def record(rng, redirects):
    """A record has redirects, or may ask more than is allowed, not both: doc/spf.md."""
    terms = [term(rng) for _ in range(rng.randrange(0, 4) if redirects else rng.choice([0, 1, 2, 3, 3, 4, 5, 8, 13]))]
    end = rng.random()
    if redirects and end < 0.5:
        terms.insert(rng.randrange(len(terms) + 1), f"redirect={target(rng)}")
    elif end < 0.85:
        terms.append(rng.choice(["-all", "-all", "-ALL", "~all", "?all", "+all"]))
    if rng.random() < 0.3:
        terms.insert(rng.randrange(len(terms) + 1), "exp=" + rng.choice(["why.example", "why2.example", "why3.example", "nowhere.example", "text.example", "%{d}"]))
    return "v=spf1 " + rng.choice([" ", " ", "  "]).join(terms)


def world(rng):
    """name -> list of (type, value) or TIMEOUT."""
    redirects = rng.random() < 0.5
    zone = {"text.example": [("TXT", "no record"), ("A", "192.0.2.9")], "slow.example": "TIMEOUT",
            "why.example": [("TXT", "%{s} from %{c}, %{h} at %{r}: %{ir}.%{v}.%{d2}%_%%%-")], "why2.example": [("TXT", "one"), ("TXT", "two")],
            "why3.example": [("TXT", "%{x} is wrong")], "l.example": [("A", "127.0.0.2")]}
    for host in HOSTS:
        zone[host] = [("A", rng.choice(CLIENTS[:5] + ["192.0.2.9"])), ("AAAA", rng.choice(CLIENTS[5:8] + ["2001:db8::9"]))]
    for domain in DOMAINS:
        zone[domain] = [("TXT", record(rng, redirects))]
        if rng.random() < 0.06:
            zone[domain].append(("TXT", record(rng, redirects)))
        if rng.random() < 0.1:
            zone[domain].append(("TXT", "something else"))
        if rng.random() < 0.6:
            zone[domain].append(("A", rng.choice(CLIENTS[:5])))
        if rng.random() < 0.5:
            zone[domain].append(("AAAA", rng.choice(CLIENTS[5:8])))
        if rng.random() < 0.7:
            names = rng.sample(HOSTS, rng.randrange(1, 4))
            if rng.random() < 0.04:
                names = [f"n{i}.example" for i in range(11)]
            zone[domain] += [("MX", name) for name in names]
    for i in range(11):
        zone[f"n{i}.example"] = [("A", "192.0.2.9"), ("AAAA", "2001:db8::9")]
    for client in CLIENTS:
        name = spf.query(client, "a@b.example", "c.example")
        zone[f"{spf.reverse_dots(name.i)}.{name.v}.arpa".lower()] = [("PTR", rng.choice(HOSTS))]
    return zone


def look_up(zone):
    def answer(name, qtype, *_):
        records = zone.get(name.lower(), [])
        if records == "TIMEOUT":
            raise spf.TempError("DNS timeout")
        for kind, value in records:
            if kind == qtype:
                yield (name, kind), (socket.inet_pton(socket.AF_INET6, value) if kind == "AAAA" else (value.encode(),) if kind == "TXT" else
                                     (10, value) if kind == "MX" else value)
    return answer


def lines_of(zone):
    for name, records in zone.items():
        if records == "TIMEOUT":
            yield f"{name} * !timeout"
        else:
            yield from (f"{name} {kind} {value}" for kind, value in records)


def main():
    rng = random.Random(SEED)
    seen, skipped = {}, 0
    with tempfile.NamedTemporaryFile("w", suffix=".cases") as file:
        for number in range(WORLDS):
            zone = world(rng)
            spf.DNSLookup = look_up(zone)
            file.write(f"== world {number}\n" + "".join(line + "\n" for line in lines_of(zone)))
            for check in range(CHECKS):
                ip, helo = rng.choice(CLIENTS), rng.choice(HELOS)
                sender = rng.choice(LOCAL_PARTS) + "@" + rng.choice(DOMAINS) if rng.random() < 0.9 else "<>"
                result, _, said = spf.query(ip, "" if sender == "<>" else sender, helo).check()
                if "trivial recursion" in said: # a record that includes itself: it looks no further
                    skipped += 1
                    continue
                said = "-" if result != "fail" or said == DEFAULT_EXPLANATION or not said else said
                file.write(f"check {number}.{check} {ip} {sender} {helo} {result} * {said}\n")
                seen[result] = seen.get(result, 0) + 1
        file.flush()
        print("python3-spf says:", ", ".join(f"{count} {result}" for result, count in sorted(seen.items())), f"({skipped} not compared)")
        if len(seen) != 7 or min(seen.values()) < 10:
            sys.exit("the worlds do not reach every result")
        sys.stdout.flush()
        sys.exit(subprocess.run([sys.argv[1], file.name], check=False).returncode)


main()
