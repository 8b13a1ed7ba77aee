# SPDX-License-Identifier: Apache-2.0
"""Holds the report's panel of senders against real senders: Postfix delivers a message to each domain of a table with TLS never,
may, dane, verify and, where the domain enforces MTA-STS, secure; mxassay says before what will become of it.

Postfix's queue is quick here: what it does after minutes it does after seconds. A line for each domain and sender shows what was
predicted and what was seen; `-` where the report says that it does not know.
"""
import concurrent.futures
import dataclasses
import hashlib
import json
import re
import subprocess
import sys
import time

import expect
import lab
import names as lab_names
import play
import policy_host
import postfix
from lab import say
from world import Server

AT_ONCE = 8
CHECK_S = 120
BACKOFF_S = 4           # before Postfix tries again, and from when on it goes without TLS after a failed handshake
OBSERVE_S = 24          # several tries

# Profile of the report: what Postfix's transport is set to.
LEVELS = {
    "plain": {"smtp_tls_security_level": "none"},
    "postfix-may": {"smtp_tls_security_level": "may"},
    "postfix-dane": {"smtp_tls_security_level": "dane", "smtp_tls_CAfile": ""},   # so that all trust comes from TLSA
    "sts-enforcing": {"smtp_tls_policy_maps": "texthash:/etc/postfix/enforced"},
    "verify": {"smtp_tls_security_level": "verify"},
}


@dataclasses.dataclass
class Case:
    name: str
    servers: list[Server] = dataclasses.field(default_factory=list)
    tlsa: str = ""             # "3 1 1" of the key served; "3 1 1 other": of a key that nobody has
    enforced: bool = False     # MTA-STS for all hosts
    zone: str = "signed"       # signed, insecure, bogus, bogus-tlsa
    host_zone: str = ""        # the hosts stand in a zone of their own in this state
    records: str | None = None
    exists: bool = True
    untold: bool = False       # the report cannot know: such an answer may be meant for the probe alone
    options: tuple[str, ...] = ()

    @property
    def domain(self):
        return self.name + ".test"


# Where Postfix, set so, is not the sender that the profile is about: doc/senders.md.
OTHER_SENDERS = {
    ("greets-521", "plain"): ("bounce", "defer"),
    ("greets-521", "verify"): ("bounce", "defer"),
}


def strict(name, server, tlsa="3 1 1", **row):
    return Case(name, [server], tlsa=tlsa, enforced=True, **row)


def bare(name, *servers, **row):
    return Case(name, list(servers), zone="insecure", **row)


CASES = [
    strict("good", postfix.server()),
    strict("tlsa-of-ca", postfix.server(), tlsa="2 1 1"),
    strict("wrong-tlsa", postfix.server(), tlsa="3 1 1 other"),
    strict("unusable-tlsa", postfix.server(), tlsa="1 1 1"),
    strict("no-starttls", postfix.no_starttls()),
    bare("no-starttls-bare", postfix.no_starttls()),
    strict("unusable-no-starttls", postfix.no_starttls(), tlsa="1 1 1 other"),
    bare("tls-454", play.server("tls-454")),
    bare("tls-alert", play.server("tls-alert")),
    bare("tls-alert-then-good", play.server("tls-alert"), postfix.server()),
    strict("tls-alert-strict", play.server("tls-alert"), tlsa="3 1 1 other"),
    bare("self-signed", postfix.server(cert="self-signed")),
    strict("self-signed-dane", postfix.server(cert="self-signed")),
    bare("wrong-name", postfix.server(cert="wrong-name")),
    strict("wrong-name-of-ca", postfix.server(cert="wrong-name"), tlsa="2 1 1"),
    strict("expired", postfix.server(cert="expired")),
    strict("expired-of-ca", postfix.server(cert="expired"), tlsa="2 1 1"),
    strict("tlsa-fails", postfix.server(), zone="bogus-tlsa"),
    strict("mx-insecure", postfix.server(), zone="insecure", host_zone="signed"),
    strict("host-insecure", postfix.server(), host_zone="insecure"),
    Case("domain-bogus", [postfix.server()], zone="bogus"),
    Case("null-mx", records="MX 0 ."),
    Case("no-domain", exists=False),
    bare("greylists", play.server("greylists")),
    bare("greets-554", play.server("greets-554"), untold=True),
    bare("greets-521", play.server("greets-521")),
    bare("first-is-down", Server(root=None, command=[], ports=(), cert=None), postfix.server()),
    bare("wants-tls", postfix.server(smtpd_tls_security_level="encrypt"), options=("--deep",)),
]

CLIENT_MAIN = {
    "compatibility_level": "3.6",
    "maillog_file": "/dev/stdout",
    "myhostname": "@HOST@",
    "mydestination": "",
    "inet_interfaces": "loopback-only",
    "inet_protocols": "all",
    "alias_maps": "",
    "smtp_dns_support_level": "dnssec",
    "smtp_host_lookup": "dns",
    "smtp_tls_CAfile": "/etc/lab/root.crt",
    "smtp_tls_loglevel": "1",
    "smtp_tls_connection_reuse": "no",
    "smtp_connect_timeout": "5s",
    "minimal_backoff_time": f"{BACKOFF_S}s",
    "maximal_backoff_time": f"{BACKOFF_S}s",
    "queue_run_delay": "2s",
    "sender_dependent_default_transport_maps": "texthash:/etc/postfix/transports",
}


def client(enforced, root):
    """Postfix as a sender: a transport for each level, chosen by the sender's address."""
    master = postfix.MASTER
    for name, settings in LEVELS.items():
        options = "".join(f" -o {key}={value}" for key, value in (settings | {"syslog_name": f"postfix/{name}"}).items())
        master += f"{name} unix - - n - - smtp{options}\n"
    main = "".join(f"{name} = {value}\n" for name, value in CLIENT_MAIN.items())
    files = {"/etc/postfix/main.cf": main, "/etc/postfix/master.cf": master, "/etc/lab/root.crt": root,
             "/etc/postfix/transports": "".join(f"{name}@sender.test {name}:\n" for name in LEVELS),
             "/etc/postfix/enforced": "".join(f"{domain} secure match={':'.join(hosts)}\n" for domain, hosts in enforced.items())}
    return Server(root="postfix", command=["postfix", "start-fg"], ports=(), cert=None, files=files, setup="chmod 644 /etc/lab/root.crt")


class Comparison(lab.Lab):
    def __init__(self, folder, cache, mxassay, cases):
        super().__init__(folder, cache, mxassay, cases)
        self.hosts = {}
        self.enforced = {}

    def digest(self, label):
        """SHA-256 of the public key of a certificate."""
        key = subprocess.run(["openssl", "x509", "-in", self.pki.path(label + ".crt"), "-noout", "-pubkey"], capture_output=True, check=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, capture_output=True, check=True).stdout
        return hashlib.sha256(der).hexdigest()

    def tlsa(self, case, host, label):
        if not case.tlsa:
            return ""
        usage, selector, matching, *other = case.tlsa.split()
        data = "ab" * 32 if other else self.digest("intermediate" if usage == "2" else label)
        return f"_25._tcp.{host.name}. 300 IN TLSA {usage} {selector} {matching} {data}\n"

    def place_policy(self, case, text):
        """The host of the domain's policy, and the records that lead there."""
        host = f"mta-sts.{case.domain}"
        self.pki.issue(host, host, "server", (-5, 40), "intermediate", host)
        chain = self.write(f"{host}.pem", self.pki.read(host + ".crt") + self.pki.read("intermediate.crt"))
        lines = ["version: STSv1", "mode: enforce", *[f"mx: {name}" for name in self.enforced[case.domain]], "max_age: 2592000", ""]
        policy = self.write(f"{host}.txt", "\r\n".join(lines))
        web = self.world.place(host, case.domain, policy_host.server(chain, self.pki.path(host + ".key"), policy))
        return text + f'_mta-sts 300 IN TXT "v=STSv1; id=1;"\n' + lab_names.addresses_of(web)

    def place(self, case):
        host_domain = f"{case.name}-hosts.test" if case.host_zone else case.domain
        hosts, records = [], ""
        for i, server in enumerate(case.servers):
            host = self.world.place(f"mx{i + 1}.{host_domain}", case.domain, server, network=i % 2 + 1)
            label = f"{case.name}-{i}"
            if server.cert:
                server.files |= self.pki.server_files(label, server.cert, host.name, server.key)
                server.cert = None
            hosts.append(host)
            records += lab_names.addresses_of(host) + self.tlsa(case, host, label)
            for address in host.addresses:
                self.names.add_ptr(address, host.name)
        self.hosts[case.name] = hosts
        mx = [case.records] if case.records else [f"MX {10 * (i + 1)} {host.name}." for i, host in enumerate(hosts)]
        text = "".join(f"@ {record}\n" for record in mx)
        if case.enforced:
            self.enforced[case.domain] = [host.name for host in hosts]
            text = self.place_policy(case, text)
        if case.host_zone:
            self.names.add_domain(host_domain, records, case.host_zone)
        if case.exists:
            self.names.add_domain(case.domain, text if case.host_zone else text + records, case.zone)

    def start(self):
        self.place_names()
        for case in self.cases:
            self.place(case)
        self.client = self.world.place("sender.lab.test", "lab.test", client(self.enforced, self.pki.read("root.crt")))
        self.resolve_here(self.client)
        self.start_hosts()

    def predict(self, case):
        """{profile: (outcome, delayed, explanation)}"""
        done = self.run_mxassay(self.words("check", case.domain, "--resolver", "recursive", "--no-control", *case.options), CHECK_S)
        report = json.loads(done.stdout)
        for error in expect.schema_errors(report):
            raise RuntimeError(error)
        return {s["profile"]: (s["outcome"].removeprefix("deliver_"), s["delayed"], s["explanation"]) for s in report["senders"]}

    def send(self):
        """A message from each level to each domain."""
        entered = ["nsenter", f"--mount=/proc/{self.client.process.pid}/ns/mnt", f"--root=/proc/{self.client.process.pid}/root", "--wd=/"]
        lines = "".join(f"printf 'Subject: test\\n\\ntest\\n' | sendmail -f {level}@sender.test user@{case.domain}\n" for case in self.cases for level in LEVELS)
        done = subprocess.run([*entered, "sh", "-e"], input=lines, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"sendmail: {done.stderr}")

    def observe(self):
        """{(profile, domain): (outcome, deferred before, last words)} from Postfix's log."""
        with open(self.world.log_of(self.client), errors="replace") as log:
            return read_log(log)

    def wait_for_ends(self):
        deadline = time.monotonic() + OBSERVE_S
        while time.monotonic() < deadline:
            seen = self.observe()
            if len(seen) == len(self.cases) * len(LEVELS) and all(outcome != "defer" for outcome, _, _ in seen.values()):
                return seen
            time.sleep(0.5)
        return self.observe()

    def run(self):
        begin = time.monotonic()
        self.start()
        say(f"{len(self.world.hosts)} hosts are up after {time.monotonic() - begin:.0f} s")
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            predicted = dict(zip((case.name for case in self.cases), pool.map(self.predict, self.cases)))
        say(f"predicted after {time.monotonic() - begin:.0f} s")
        self.send()
        seen = self.wait_for_ends()
        wrong = self.compare(predicted, seen)
        say(f"{time.monotonic() - begin:.0f} s in all")
        return wrong == 0

    def compare(self, predicted, seen):
        wrong = told = 0
        print(f"{'domain':22} {'sender':14} {'predicted':32} seen")
        for case in self.cases:
            for level in LEVELS:
                if level == "sts-enforcing" and not case.enforced:
                    continue        # without a policy this transport is that of postfix-may
                outcome, delayed, explanation = predicted[case.name][level]
                observed, deferred, words = seen.get((level, case.domain), ("nothing", False, ""))
                expected = "unknown" if case.untold else observed
                fits = OTHER_SENDERS.get((case.name, level)) == (outcome, observed) or outcome == expected and (deferred or not delayed)
                wrong += not fits
                told += outcome != "unknown"
                shown = "-" if outcome == "unknown" else outcome + (", delayed" if delayed else "")
                print(f"{case.name:22} {level:14} {shown:32} {observed + (', delayed' if deferred and observed != 'defer' else '')}{'' if fits else '   DIFFERS'}")
                if not fits:
                    print(f"    mxassay: {explanation}\n    Postfix: {words}")
        print(f"{told} predictions, {wrong} wrong", flush=True)
        return wrong


LINE = re.compile(r"postfix/(?P<level>[a-z-]+)/smtp\[(?P<pid>\d+)\]: (?P<text>.*)")
TLS = re.compile(r"(?P<trust>Verified|Trusted|Untrusted|Anonymous) TLS connection established to (?P<relay>\S+): ")
STATUS = re.compile(r"to=<user@(?P<domain>[^>]+)>, .*?relay=(?P<relay>[^,]+), .*?status=(?P<status>\w+) \((?P<words>.*)\)")
SENT = {"Verified": "encrypted_authenticated", "Trusted": "encrypted", "Untrusted": "encrypted", "Anonymous": "encrypted", None: "plaintext"}
ENDS = {"deferred": "defer", "bounced": "bounce"}


def read_log(lines):
    """Postfix tells of a TLS session before the delivery that uses it, in the same process."""
    sessions, ends, deferred = {}, {}, set()
    for line in lines:
        found = LINE.search(line)
        if not found:
            continue
        level, pid, text = found["level"], found["pid"], found["text"]
        tls, status = TLS.search(text), STATUS.search(text)
        if tls:
            sessions[pid, tls["relay"]] = tls["trust"]
        if status:
            key = (level, status["domain"])
            trust = sessions.get((pid, status["relay"]))
            sessions = {session: value for session, value in sessions.items() if session[0] != pid}
            if level == "postfix-dane" and trust == "Trusted":      # by TLSA, behind an MX answer that is not signed
                trust = "Verified"
            outcome = SENT[trust] if status["status"] == "sent" else ENDS[status["status"]]
            if outcome == "defer":
                deferred.add(key)
            ends[key] = (outcome, status["words"])
    return {key: (outcome, key in deferred, words) for key, (outcome, words) in ends.items()}


if __name__ == "__main__":
    sys.exit(lab.main(Comparison, CASES, *sys.argv[1:]))
