# SPDX-License-Identifier: Apache-2.0
"""Holds what mxassay says of DANE against what Postfix does: `posttls-finger -l dane` and `mxassay check` look at the same domains,
each one a state of TLSA records, DNSSEC, certificates or servers. A line for each shows both.

Verdicts: `authenticated`; `encrypted` (TLS without anybody authenticated); `plaintext`; `refused` (mail stays in the queue).
"""
import concurrent.futures
import dataclasses
import hashlib
import json
import os
import re
import subprocess
import sys
import time

import expect
import lab
import world
from lab import say
from world import Server

AT_ONCE = 6
LOOK_S = 60
GOOD, OLD = (-5, 40), (-50, -5)
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclasses.dataclass
class Case:
    name: str
    verdict: str                        # what both must say
    tlsa: tuple[str, ...] = ()          # "3 1 1 leaf": of a certificate of the lab; "other": of nobody's; "short", "junk"
    chain: tuple[str, ...] = ("leaf", "intermediate")
    signer: str = "intermediate"        # of the leaf
    days: tuple[int, int] = GOOD        # of the leaf
    san: str = "@HOST@"                 # its name; @DOMAIN@ is the mail domain
    key: str = "ec"
    habit: str = ""
    zone: str = "signed"                # of the mail domain
    host_zone: str = ""                 # the host stands in a zone of its own in this state
    alias: str = ""                     # the host is an alias of a name in a zone in this state
    own_tlsa: tuple[str, ...] = ()      # at the alias; `tlsa` is at the name it leads to
    tlsa_zone: str = ""                 # the TLSA records are an alias into a zone in this state
    implicit: bool = False              # no MX record

    @property
    def domain(self):
        return self.name + ".test"

    @property
    def host(self):
        if self.implicit:
            return self.domain
        return f"mx.{self.name}-hosts.test" if self.host_zone else f"mx.{self.domain}"

    @property
    def final(self):
        """Where the addresses are."""
        return f"mail.{self.name}-far.test" if self.alias else self.host


def ok(name, *tlsa, **row):
    return Case(name, "authenticated", tlsa, **row)


def bad(name, *tlsa, **row):
    return Case(name, "refused", tlsa, **row)


def tls(name, *tlsa, **row):
    return Case(name, "encrypted", tlsa, **row)


WITH_ROOT = ("leaf", "intermediate", "root")
SELF = {"signer": "self", "chain": ("leaf",)}
OLD_CA = {"signer": "old-ca", "chain": ("leaf", "old-ca", "root")}

CASES = [
    # Each form of each usage.
    *[ok(f"ee-{s}{m}", f"3 {s} {m} leaf") for s in (0, 1) for m in (0, 1, 2)],
    *[ok(f"ta-{s}{m}", f"2 {s} {m} intermediate") for s in (0, 1) for m in (0, 1, 2)],
    *[tls(f"pkix-ta-{s}{m}", f"0 {s} {m} intermediate") for s, m in ((0, 0), (0, 1), (1, 1))],
    *[tls(f"pkix-ee-{s}{m}", f"1 {s} {m} leaf") for s, m in ((1, 0), (0, 2), (1, 1))],
    ok("ee-rsa", "3 1 1 leaf", key="rsa"),
    # Records of something else.
    bad("ee-other", "3 1 1 other"),
    bad("ee-of-ca", "3 1 1 intermediate"),
    bad("ta-other", "2 1 1 other"),
    bad("ta-of-leaf", "2 1 1 leaf"),
    ok("old-and-new", "3 1 1 other", "3 1 1 leaf"),
    ok("wrong-ee-right-ta", "3 1 1 other", "2 1 1 intermediate"),
    ok("right-ee-wrong-ta", "3 1 1 leaf", "2 1 1 other"),
    # Records that nobody can use.
    tls("usage-4", "4 1 1 leaf"),
    tls("usage-255", "255 1 1 leaf"),
    tls("selector-2", "3 2 1 leaf"),
    tls("matching-3", "3 1 3 leaf"),
    tls("short-digest", "3 1 1 short"),
    tls("no-der-certificate", "3 0 0 junk"),
    tls("no-der-key", "2 1 0 junk"),
    ok("unusable-and-right", "1 1 1 leaf", "3 1 1 leaf"),
    bad("unusable-and-wrong", "1 1 1 leaf", "3 1 1 other"),
    bad("unusable-no-starttls", "1 1 1 leaf", habit="no-starttls"),
    # Digest agility: RFC 7671 9.
    bad("agility-sha512-wrong", "3 1 2 other", "3 1 1 leaf"),
    ok("agility-sha256-wrong", "3 1 1 other", "3 1 2 leaf"),
    ok("agility-other-selector", "3 0 2 other", "3 1 1 leaf"),
    ok("agility-other-usage", "2 1 2 other", "3 1 1 leaf"),
    ok("agility-full-counts", "3 1 0 leaf", "3 1 2 other"),
    ok("agility-unusable-sha512", "3 1 2 short", "3 1 1 leaf"),
    # Anchors that were sent, and that were not.
    ok("root-sent", "2 0 1 root", chain=WITH_ROOT),
    bad("root-not-sent", "2 0 1 root"),
    bad("root-key-not-sent", "2 1 1 root"),
    ok("root-in-record", "2 0 0 root"),
    ok("root-key-in-record", "2 1 0 root"),
    bad("ca-not-sent", "2 1 1 intermediate", chain=("leaf",)),
    ok("ca-in-record", "2 0 0 intermediate", chain=("leaf",)),
    ok("ca-key-in-record", "2 1 0 intermediate", chain=("leaf",)),
    bad("gap-before-root", "2 0 0 root", chain=("leaf",)),
    bad("stranger-sent", "2 0 1 stranger", chain=("leaf", "intermediate", "stranger")),
    ok("sent-in-disorder", "2 0 1 root", chain=("leaf", "root", "intermediate")),
    # Names and dates.
    ok("expired-ee", "3 1 1 leaf", days=OLD),
    bad("expired-ta", "2 1 1 intermediate", days=OLD),
    ok("wrong-name-ee", "3 1 1 leaf", san="elsewhere.test"),
    bad("wrong-name-ta", "2 1 1 intermediate", san="elsewhere.test"),
    ok("wildcard-ta", "2 1 1 intermediate", san="*.@DOMAIN@"),
    ok("domain-name-ta", "2 1 1 intermediate", san="@DOMAIN@"),
    bad("domain-name-ta-unsigned-mx", "2 1 1 intermediate", san="@DOMAIN@", zone="insecure", host_zone="signed"),
    bad("expired-ca-on-path", "2 0 1 root", **OLD_CA),
    ok("expired-ca-as-anchor", "2 0 1 old-ca", **OLD_CA),
    bad("expired-root", "2 0 1 old-root", signer="old-root", chain=("leaf", "old-root")),
    ok("self-signed-ee", "3 1 1 leaf", **SELF),
    bad("self-signed-ta", "2 1 1 leaf", **SELF),
    # Servers.
    bad("no-starttls", "3 1 1 leaf", habit="no-starttls"),
    Case("no-starttls-no-tlsa", "plaintext", habit="no-starttls"),
    bad("starttls-454", "3 1 1 leaf", habit="454"),
    bad("handshake-alert", "3 1 1 leaf", habit="alert"),
    # States of the DNS.
    tls("no-tlsa"),
    tls("no-tlsa-unsigned", zone="insecure"),
    tls("tlsa-unsigned", "3 1 1 leaf", zone="insecure"),
    tls("tlsa-unsigned-wrong", "3 1 1 other", zone="insecure"),
    bad("tlsa-bogus", "3 1 1 leaf", zone="bogus-tlsa"),
    bad("zone-bogus", "3 1 1 leaf", zone="bogus"),
    bad("hosts-bogus", "3 1 1 leaf", host_zone="bogus"),
    ok("mx-unsigned", "3 1 1 leaf", zone="insecure", host_zone="signed"),
    bad("mx-unsigned-wrong", "3 1 1 other", zone="insecure", host_zone="signed"),
    tls("hosts-unsigned", "3 1 1 leaf", host_zone="insecure", san="mx.@DOMAIN@"),
    ok("implicit-mx", "3 1 1 leaf", implicit=True),
    ok("tlsa-alias", "3 1 1 leaf", tlsa_zone="signed"),
    tls("tlsa-alias-unsigned", "3 1 1 other", tlsa_zone="insecure"),
    bad("tlsa-alias-bogus", "3 1 1 leaf", tlsa_zone="bogus-tlsa"),
    bad("tlsa-servfail", "3 1 1 leaf", tlsa_zone="lame"),
    tls("tlsa-servfail-unsigned", "3 1 1 leaf", zone="insecure", tlsa_zone="lame"),
    ok("alias", "3 1 1 leaf", alias="signed"),
    bad("alias-wrong", "3 1 1 other", alias="signed"),
    ok("alias-own", own_tlsa=("3 1 1 leaf",), alias="signed"),
    bad("alias-last-name-first", "3 1 1 other", own_tlsa=("3 1 1 leaf",), alias="signed"),
    ok("alias-ta-of-last-name", "2 1 1 intermediate", alias="signed", san="mail.alias-ta-of-last-name-far.test"),
    ok("alias-own-to-unsigned", own_tlsa=("3 1 1 leaf",), alias="insecure"),
    bad("alias-own-to-unsigned-wrong", own_tlsa=("3 1 1 other",), alias="insecure"),
    tls("alias-unsigned-target-has", "3 1 1 other", alias="insecure"),
    tls("alias-unsigned", "3 1 1 other", zone="insecure", alias="signed"),
]

# Where both are right in their own way: doc/dane.md.
DIFFERENT = {
    "domain-name-ta-unsigned-mx": ("refused", "authenticated"),
    "no-starttls-no-tlsa": ("plaintext", "refused"),
}


def posttls_client():
    """A machine on which posttls-finger can be run."""
    files = {"/etc/postfix/main.cf": "compatibility_level = 3.6\ninet_protocols = ipv4\nmyhostname = client.lab.test\n"}
    return Server(root="postfix", command=["sleep", "infinity"], ports=(), cert=None, files=files)


class Differential(lab.Lab):
    def __init__(self, folder, cache, mxassay, cases):
        super().__init__(folder, cache, mxassay, cases)
        self.table = []

    def der(self, label, selector):
        certificate = self.pki.path(label + ".crt")
        if selector == 0:
            return subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "DER"], capture_output=True, check=True).stdout
        key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True).stdout
        return subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, capture_output=True, check=True).stdout

    def tlsa_data(self, case, text):
        usage, selector, matching, of = text.split()
        label = {"leaf": case.name, "short": case.name, "other": "stranger"}.get(of, of)
        octets = b"\x30\x82junk" if of == "junk" else self.der(label, int(selector) & 1)
        if of != "junk" and matching != "0":
            octets = (hashlib.sha512 if matching == "2" else hashlib.sha256)(octets).digest()
        if of == "short":
            octets = octets[:-1]
        return f"{usage} {selector} {matching} {octets.hex()}"

    def tlsa(self, case, owner, texts):
        return "".join(f"{owner}. 300 IN TLSA {self.tlsa_data(case, text)}\n" for text in texts)

    def place(self, case, number):
        name = case.san.replace("@HOST@", case.host).replace("@DOMAIN@", case.domain)
        self.pki.issue(case.name, "leaf", "server", case.days, case.signer, name, case.key)
        chain = self.pki.read(case.name + ".key") + "".join(self.pki.read((case.name if label == "leaf" else label) + ".crt") for label in case.chain)
        network = 1 if case.host_zone == "bogus" else number % 2 + 1     # where names.py can alter it
        host = self.world.place(case.host, case.domain, Server(root=None, command=[], ports=(), cert=None), network)
        self.table.append({"ip": host.ip4, "name": case.host, "chain": self.write(case.name + ".pem", chain), "habit": case.habit})
        self.names.add_ptr(host.ip4, case.host)
        self.add_zones(case, host)

    def add_zones(self, case, host):
        """Each name into the zone that it stands in."""
        texts = {case.domain: "" if case.implicit else f"@ MX 10 {case.host}.\n"}
        states = {case.domain: case.zone}
        host_zone = f"{case.name}-hosts.test" if case.host_zone else case.domain
        final_zone = f"{case.name}-far.test" if case.alias else host_zone
        for zone, state in ((host_zone, case.host_zone or case.zone), (final_zone, case.alias or case.host_zone or case.zone)):
            texts.setdefault(zone, "")
            states.setdefault(zone, state)
        if case.alias:
            texts[host_zone] += f"{case.host}. 300 IN CNAME {case.final}.\n" + self.tlsa(case, f"_25._tcp.{case.host}", case.own_tlsa)
        texts[final_zone] += f"{case.final}. 300 IN A {host.ip4}\n"
        owner = f"_25._tcp.{case.final}"
        if case.tlsa_zone:
            far = f"{case.name}-tlsa.test"
            texts[final_zone] += f"{owner}. 300 IN CNAME record.{far}.\n"
            texts[far], states[far] = self.tlsa(case, f"record.{far}", case.tlsa), case.tlsa_zone
        else:
            texts[final_zone] += self.tlsa(case, owner, case.tlsa)
        for zone, text in texts.items():
            self.names.add_domain(zone, text, states[zone])

    def start(self):
        self.place_names()
        self.pki.issue("stranger", "Stranger", "authority", (-400, 3000), "self")
        self.pki.issue("old-ca", "Old CA", "authority", (-400, -1), "root")
        self.pki.issue("old-root", "Old Root", "authority", (-400, -1), "self")
        for i, case in enumerate(self.cases):
            self.place(case, i)
        table = self.write("servers.json", json.dumps(self.table))
        farm = Server(root=None, command=["/usr/bin/python3", "-B", os.path.join(HERE, "dane_server.py"), table], ports=(), cert=None)
        self.world.place("farm.lab.test", "lab.test", farm)
        self.client = self.world.place("client.lab.test", "lab.test", posttls_client())
        self.resolve_here(self.client)
        self.start_hosts()
        self.wait_for_farm()

    def wait_for_farm(self):
        deadline = time.monotonic() + LOOK_S
        while not all(world.accepts(world.SERVERS, row["ip"], 25) for row in self.table[-1:]):
            if time.monotonic() > deadline:
                raise RuntimeError("the servers do not answer")
            time.sleep(0.1)

    def look_with_mxassay(self, case):
        done = self.run_mxassay(self.words("check", case.domain, "--resolver", "recursive", "--no-control", "--no-relay"), 2 * LOOK_S)
        report = json.loads(done.stdout)
        for error in expect.schema_errors(report):
            raise RuntimeError(error)
        panel = {sender["profile"]: sender for sender in report["senders"]}["postfix-dane"]
        outcome = panel["outcome"].removeprefix("deliver_")
        findings = [f["id"] for f in report["findings"] if f["id"].startswith("dane.")]
        verdict = {"encrypted_authenticated": "authenticated", "defer": "refused", "bounce": "refused"}.get(outcome, outcome)
        return verdict, f"{panel['explanation']} {' '.join(findings)}"

    def look_with_posttls(self, case):
        entered = ["nsenter", f"--mount=/proc/{self.client.process.pid}/ns/mnt", f"--root=/proc/{self.client.process.pid}/root", "--wd=/"]
        words = ["posttls-finger", "-l", "dane", "-L", "summary,certmatch", "-t", "20", case.domain]
        done = subprocess.run(world.inside(world.SERVERS) + entered + words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LOOK_S,
                              errors="replace")
        return read_posttls(done.stdout + done.stderr)

    def look(self, case):
        return self.look_with_mxassay(case), self.look_with_posttls(case)

    def run(self):
        begin = time.monotonic()
        self.start()
        say(f"{len(self.cases)} domains are up after {time.monotonic() - begin:.0f} s")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            seen = list(pool.map(self.look, self.cases))
        wrong = 0
        print(f"{'domain':30} {'mxassay':14} posttls-finger")
        for case, ((ours, our_words), (theirs, their_words)) in zip(self.cases, seen):
            fits = (ours, theirs) == DIFFERENT.get(case.name, (case.verdict, case.verdict))
            wrong += not fits
            print(f"{case.name:30} {ours:14} {theirs:14}{'' if ours == theirs else '   known: doc/dane.md' if fits else '   expected ' + case.verdict}")
            if not fits:
                print(f"    mxassay: {our_words}\n    posttls-finger: {their_words}")
        say(f"{time.monotonic() - begin:.0f} s in all")
        print(f"{len(self.cases) - wrong} passed, {wrong} failed", flush=True)
        return wrong == 0


# Trust comes from TLSA alone, as there is no CA file; behind an unsigned MX answer Postfix calls it trusted, not verified.
SESSION = re.compile(r"(Verified|Trusted|Untrusted|Anonymous) TLS connection established")
PROVEN = ("Verified", "Trusted")
# It looks at names without DANE, too, and says so in the same words: no domain of the table without DANE has a wrong name.
MISMATCH = ("no matching DANE TLSA records", "hostname mismatch", "certificate has expired")


def read_posttls(text):
    """The verdict, and the words that say so."""
    words = " | ".join(line.removeprefix("posttls-finger: ") for line in text.splitlines())
    session = SESSION.search(text)
    if not session:
        return "refused", words
    if session[1] in PROVEN:
        return "authenticated", words
    return "refused" if any(mismatch in text for mismatch in MISMATCH) else "encrypted", words


if __name__ == "__main__":
    sys.exit(lab.main(Differential, CASES, *sys.argv[1:]))
