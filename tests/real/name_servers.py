#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real rbldnsd and NSD, started inside the lab's namespace: block lists that list, refuse, have ended or list everything,
and name servers of one zone that agree, disagree, are lame, silent, or answer over TCP only.

    name_servers.py MXASSAY LAB
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIO = os.path.join(HERE, "name_servers", "lists-real.scn")
DOMAIN = "lists-real.test"
LISTS, A, B, LAME, SILENT, TCP = (f"192.0.2.{n}" for n in (230, 232, 233, 234, 235, 236))
EVERYWHERE = {"{mx1.v4}", "{mx1.v6}", "{mx2.v4}", "{mx2.v6}"}
ALL_ROWS = ("dnsbl.spam", "dnsbl.exploit", "dnsbl.policy")

# Each: options, and what must be found in the area: (id, reason or None) -> addresses, or None for the whole domain.
LIST_CASES = [
    ("a sound list: one IPv4 and one IPv6 address are on it", ["bl.lists-real.test"], {("dnsbl.spam", None): {"{mx1.v4}", "{mx2.v6}"}}),
    ("a list with codes of its own: a range not meant for mail servers", ["all.spamrats.com"], {("dnsbl.policy", None): {"{mx1.v4}"}}),
    ("a list of names knows the domain", ["dl.lists-real.test"], {("dnsbl.domain", None): None}),
    ("a list that refuses us", ["refuses.lists-real.test"],
     {("dnsbl.list-health", None): None, **{(row, "refused_us"): {"{mx1.v4}", "{mx2.v4}"} for row in ALL_ROWS}}),
    ("a list that lists everything", ["everything.lists-real.test"],
     {("dnsbl.list-health", None): None, **{(row, "dns_failure"): EVERYWHERE for row in ALL_ROWS}}),
    ("a list whose name server is gone", ["dead.lists-real.test"],
     {("dnsbl.list-health", None): None, ("dnsbl.domain", "dns_failure"): None,
      **{(row, "dns_failure"): EVERYWHERE for row in ALL_ROWS}}),
    ("a dead list beside a sound one", ["dead.lists-real.test", "bl.lists-real.test"],
     {("dnsbl.list-health", None): None, ("dnsbl.domain", "dns_failure"): None, ("dnsbl.spam", None): {"{mx1.v4}", "{mx2.v6}"}}),
]
SERVER_CASES = [
    ("two name servers that agree", "agree.test", set()),
    ("two name servers with different MX and SPF records", "split.test", {"dns.mx-propagation", "dns.policy-propagation"}),
    ("one of them does not have the zone", "lame.test", {"dns.ns-health"}),
    ("one of them is silent", "quiet.test", {"dns.ns-health"}),
    ("one of them answers over TCP only", "tcp.test", set()),
    ("none of them answers", "gone.test", {"dns.domain-answers"}),
]


def write(path, text):
    with open(path, "w") as out:
        out.write(text)


class Servers:
    def __init__(self, folder, hosts):
        self.folder, self.hosts, self.started = folder, hosts, []

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *command):
        log = open(self.path("log"), "a")
        self.started.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def stop(self):
        for process in self.started:
            process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start_lists(self):
        soa = "$SOA 300 ns-lists.lists-real.test. hostmaster.lists-real.test. 1 600 300 86400 300\n"
        v4, v6 = self.hosts["mx1.v4"], self.hosts["mx2.v6"]
        write(self.path("bl4"), f"{soa}:127.0.0.2:see http://lists-real.test/\n127.0.0.2\n{v4}\n")
        write(self.path("bl6"), f":127.0.0.2:see http://lists-real.test/\n0:0:0:0:0:ffff:7f00:2/128\n{v6}/128\n")
        write(self.path("rats"), f"{soa}127.0.0.2 :127.0.0.38:test\n{v4} :127.0.0.36:dynamic\n")
        write(self.path("dl"), f"{soa}:127.0.0.2:abused\ntest\n{DOMAIN}\n")
        says_no = "".join(f"{name} A 127.255.255.254\n" for name in ("2.0.0.127", "1.0.0.127"))
        write(self.path("refuses"), soa + says_no)
        write(self.path("everything"), f"{soa}:127.0.0.2:all of you\n0.0.0.0/0\n")
        zones = ["bl.lists-real.test:ip4set:bl4", "bl.lists-real.test:ip6trie:bl6", "all.spamrats.com:ip4set:rats", "dl.lists-real.test:dnset:dl",
                 "refuses.lists-real.test:generic:refuses", "everything.lists-real.test:ip4trie:everything"]
        self.start("rbldnsd", "-n", "-u", "nobody:nogroup", "-w", self.folder, "-b", f"{LISTS}/53", *zones)

    def zone(self, name, backup, spf):
        servers = {"agree": ("ns-a", "ns-b"), "split": ("ns-a", "ns-b"), "lame": ("ns-a", "ns-lame"), "quiet": ("ns-a", "ns-silent"), "tcp": ("ns-a", "ns-tcp")}
        text = f"$ORIGIN {name}.test.\n$TTL 300\n@ SOA ns-a.{DOMAIN}. hostmaster.{DOMAIN}. 1 600 300 86400 300\n"
        text += "".join(f"@ NS {server}.{DOMAIN}.\n" for server in servers[name])
        return text + f'@ MX 10 mx1.{DOMAIN}.\n@ MX {backup} mx2.{DOMAIN}.\n@ TXT "{spf}"\n'

    def start_nsd(self, name, addresses, zones):
        folder = self.path(name)
        os.makedirs(folder)
        config = f'server:\n  chroot: ""\n  username: root\n  zonesdir: "{folder}"\n  database: ""\n  pidfile: ""\n  xfrdfile: ""\n  zonelistfile: "{folder}/zones"\n'
        config += "".join(f"  ip-address: {address}\n" for address in addresses) + "remote-control:\n  control-enable: no\n"
        for zone, text in zones.items():
            write(os.path.join(folder, zone), text)
            config += f'zone:\n  name: "{zone}.test"\n  zonefile: "{zone}"\n'
        write(os.path.join(folder, "nsd.conf"), config)
        self.start("nsd", "-d", "-c", os.path.join(folder, "nsd.conf"))

    def start_authorities(self):
        names, spf = ("agree", "split", "lame", "quiet", "tcp"), "v=spf1 mx -all"
        self.start_nsd("a", [A], {name: self.zone(name, 20, spf) for name in names})
        self.start_nsd("b", [B, TCP], {name: self.zone(name, 30 if name == "split" else 20, "v=spf1 mx a -all" if name == "split" else spf) for name in names})
        self.start_nsd("lame", [LAME], {"unrelated": self.zone("agree", 20, spf).replace("agree.test", "unrelated.test")})
        subprocess.run(["nft", "-f", "-"], check=True, text=True, input=f"""
            table inet lab {{ chain input {{ type filter hook input priority 0;
                ip daddr {SILENT} drop
                ip daddr {TCP} udp dport 53 drop
            }}
            }}""")

    def wait(self):
        for address, name in ((LISTS, "2.0.0.127.bl.lists-real.test"), (A, "agree.test"), (B, "agree.test"), (LAME, "unrelated.test")):
            for _ in range(20):
                done = subprocess.run(["drill", f"@{address}", name, "SOA" if name.endswith("e.test") or name.startswith("un") else "A"], capture_output=True, text=True)
                if "rcode: NOERROR" in done.stdout:
                    break
                time.sleep(0.2)
            else:
                raise RuntimeError(f"{address} does not answer for {name}\n" + done.stdout + done.stderr + open(self.path("log")).read())


def check(mxassay, domain, *options):
    done = subprocess.run([mxassay, "check", domain, "--json", "--no-smtp", *options], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"{domain}: no report: {done.stderr}") from None


def found_lists(report):
    found = {}
    for finding in report["findings"]:
        if finding["id"].startswith("dnsbl."):
            subject = finding["subject"]
            places = found.setdefault((finding["id"], finding["reason"]), set() if subject["ip"] else None)
            if subject["ip"]:
                places.add(subject["ip"])
    return found


def inside(mxassay):
    plan = json.load(open(os.environ["MXASSAY_LAB_PLAN"]))
    assert plan["scenarios"], "the lab serves nothing"
    hosts = {}
    for host in ("mx1", "mx2"):
        for family, kind in (("v4", "A"), ("v6", "AAAA")):
            done = subprocess.run(["drill", "@192.0.2.251", f"{host}.{DOMAIN}", kind], capture_output=True, text=True, check=True)
            hosts[f"{host}.{family}"] = next(line.split()[-1] for line in done.stdout.splitlines() if line.startswith(f"{host}.{DOMAIN}.") and f"\t{kind}\t" in line)
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    servers = Servers(folder, hosts)
    wrong = 0
    try:
        servers.start_lists()
        servers.start_authorities()
        servers.wait()
        for about, lists, expected in LIST_CASES:
            report = check(mxassay, DOMAIN, "--checks", "dnsbl", *[word for zone in lists for word in ("--dnsbl", zone)])
            want = {key: None if places is None else {hosts[place.strip("{}")] for place in places} for key, places in expected.items()}
            found = found_lists(report)
            wrong += found != want
            print(f"{'ok    ' if found == want else 'FAILED'} {about}")
            if found != want:
                print(f"    expected {want}\n    found    {found}")
                for finding in report["findings"]:
                    print(f"    {finding['id']}: {finding['detail']}")
        for about, domain, expected in SERVER_CASES:
            report = check(mxassay, domain, "--checks", "dns,net.resolver-trust")
            found = {f["id"] for f in report["findings"] if f["verdict"] == "fail"} - {"dns.dnssec-signed"}
            wrong += found != expected
            print(f"{'ok    ' if found == expected else 'FAILED'} {about}")
            if found != expected:
                print(f"    expected {expected}\n    found    {found}")
                for finding in report["findings"]:
                    print(f"    {finding['id']} {finding['reason']}: {finding['detail']}")
                print(f"    {report['name_servers']}")
    finally:
        servers.stop()
        shutil.rmtree(folder)
    total = len(LIST_CASES) + len(SERVER_CASES)
    print(f"{total - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


def main():
    mxassay, lab = (os.path.abspath(path) for path in sys.argv[1:3])
    if "MXASSAY_LAB_PLAN" in os.environ:
        return inside(mxassay)
    return subprocess.run([lab, SCENARIO, "--", sys.executable, os.path.abspath(__file__), mxassay, lab]).returncode


if __name__ == "__main__":
    sys.exit(main())
