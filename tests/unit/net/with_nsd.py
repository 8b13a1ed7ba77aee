#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a test program beside real name servers: NSD with a private, signed root.

Usage: with_nsd.py CACHE_DIR PROGRAM [ARGUMENT...]

The servers live in a network namespace of their own, which has nothing but loopback; the program
runs in it too and finds in the environment DNS_LAB a folder with root.hints, root.key and
resolv.conf. NSD is the system's, or is unpacked from Debian's package under CACHE_DIR, never
installed.

  127.53.0.1   the root, and nothing else
  127.53.0.2   test. and what is delegated below it
  127.53.0.3   refuses everything: it holds no zone
  127.53.0.4   holds what 127.53.0.2 holds but signs for nothing: every zone fails to load (SERVFAIL)
  127.53.0.5   everything above in one server, as a forwarder would answer
  127.53.0.6   takes packets and never answers
  127.53.0.7   nobody is there
"""
import fcntl
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[3]
PACKAGES = ["nsd", "libfstrm0", "libprotobuf-c1"]
SOA = "@ 3600 IN SOA ns.test. hostmaster.test. 1 3600 600 86400 300\n"

# origin: (records, how it is signed: "signed", "expired" or "")
ZONES = {
    ".": ("""
@ 3600 IN NS a.root.
a.root. 3600 IN A 127.53.0.1
test. 3600 IN NS ns.test.
ns.test. 3600 IN A 127.53.0.2
7.2.0.127.in-addr.arpa. 3600 IN PTR Mail.Good.test.
8.2.0.10.in-addr.arpa. 3600 IN PTR inside.good.test.
""", "signed"),
    "test.": ("""
@ 3600 IN NS ns.test.
ns.test. 3600 IN A 127.53.0.2
good.test. 3600 IN NS ns.test.
insecure.test. 3600 IN NS ns.test.
bogus.test. 3600 IN NS ns.test.
refused.test. 3600 IN NS refuser.test.
refuser.test. 3600 IN A 127.53.0.3
servfail.test. 3600 IN NS servfailer.test.
servfailer.test. 3600 IN A 127.53.0.4
lame.test. 3600 IN NS ns.lame.test.
ns.lame.test. 3600 IN A 127.53.0.1
silent.test. 3600 IN NS ns.silent.test.
ns.silent.test. 3600 IN A 127.53.0.6
dead.test. 3600 IN NS ns.dead.test.
ns.dead.test. 3600 IN A 127.53.0.7
mixed.test. 3600 IN NS refuser.test.
mixed.test. 3600 IN NS ns.silent.test.
mixed.test. 3600 IN NS ns.dead.test.
mixed.test. 3600 IN NS ns.lame.test.
mixed.test. 3600 IN NS ns.test.
glueless.test. 3600 IN NS gone.good.test.
""", "signed"),
    "good.test.": ("""
@ 3600 IN NS ns.test.
@ 600 IN MX 10 mx1.good.test.
@ 600 IN MX 20 Mx2.Good.TEST.
@ 3600 IN TXT "v=spf1" " -all"
mx1 3600 IN A 192.0.2.1
mx1 3600 IN AAAA 2001:db8::1
mx2 3600 IN A 192.0.2.2
mail 3600 IN A 127.0.2.7
alias1 300 IN CNAME alias2
alias2 200 IN CNAME @
leaving 300 IN CNAME www.insecure.test.
dangling 300 IN CNAME nowhere.good.test.
loop1 300 IN CNAME loop2
loop2 300 IN CNAME loop1
odd 3600 IN MX 5 a\\.b\\032c.good.test.
null 3600 IN MX 0 .
""" + "".join(f"many 3600 IN A 10.9.{i // 250}.{i % 250}\n" for i in range(300)), "signed"),
    "insecure.test.": ("""
@ 3600 IN NS ns.test.
@ 3600 IN MX 10 mx.insecure.test.
mx 3600 IN A 192.0.2.3
www 3600 IN A 192.0.2.4
""", ""),
    "bogus.test.": ("""
@ 3600 IN NS ns.test.
@ 3600 IN MX 10 mx.bogus.test.
mx 3600 IN A 192.0.2.5
""", "expired"),
    # At 127.53.0.2 for mixed.test, whose other servers are all ill in their own ways.
    "mixed.test.": ("""
@ 3600 IN NS ns.test.
@ 3600 IN MX 10 mx.good.test.
""", ""),
    "servfail.test.": (None, ""),
}

SERVERS = {
    "127.53.0.1": ["."],
    "127.53.0.2": [zone for zone in ZONES if zone not in (".", "servfail.test.")],
    "127.53.0.3": [],
    "127.53.0.4": ["servfail.test."],
    "127.53.0.5": [zone for zone in ZONES if zone not in ("servfail.test.", "mixed.test.")],
}
SILENT = "127.53.0.6"


def nsd_in(cache):
    """Path of nsd and its environment; outside the namespace, where the package archive can be reached."""
    if os.access("/usr/sbin/nsd", os.X_OK):
        return "/usr/sbin/nsd", os.environ
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "complete").exists():
            download = ["apt-get", "-qq", "-o", "Acquire::Retries=3", "download", *PACKAGES]
            if subprocess.run(download, cwd=cache, check=False, stdin=subprocess.DEVNULL).returncode:
                subprocess.run(["apt-get", "-qq", "update"], check=True, stdin=subprocess.DEVNULL) # the lists were old, or none
                subprocess.run(download, cwd=cache, check=True, stdin=subprocess.DEVNULL)
            for package in cache.glob("*.deb"):
                subprocess.run(["dpkg", "-x", package, cache / "root"], check=True)
            (cache / "complete").touch()
    libraries = [str(p.parent) for p in (cache / "root").glob("usr/lib/*/libfstrm.so.0")]
    return str(cache / "root/usr/sbin/nsd"), {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}


def sign(lab, origin, how):
    """Signs the zone file in place and returns the DS record of its key."""
    path = lab / f"{origin}zone"
    key = subprocess.run(["ldns-keygen", "-a", "ECDSAP256SHA256", "-r", "/dev/urandom", origin],
                         cwd=lab, check=True, capture_output=True, text=True).stdout.strip()
    ds = subprocess.run(["ldns-key2ds", "-f", "-n", "-2", f"{key}.key"], cwd=lab, check=True, capture_output=True, text=True).stdout
    dates = ["-i", "20200101", "-e", "20200201"] if how == "expired" else []
    subprocess.run(["ldns-signzone", *dates, "-o", origin, "-f", f"{path}.signed", path, key],
                   cwd=lab, check=True, capture_output=True)
    os.replace(f"{path}.signed", path)
    if origin == ".":
        (lab / "root.key").write_text((lab / f"{key}.key").read_text())
    return ds


def write_zones(lab):
    ds_below = {}
    for origin in sorted(ZONES, key=lambda zone: (-zone.count("."), zone == ".")):
        records, how = ZONES[origin]
        path = lab / f"{origin}zone"
        if records is None:
            path.write_text("this is no zone file\n")
            continue
        parent = origin.split(".", 1)[1] or "."
        path.write_text(f"$ORIGIN {origin}\n{SOA}{records}{''.join(ds_below.get(origin, []))}")
        if how:
            ds = sign(lab, origin, how)
            if origin != ".":
                ds_below.setdefault(parent, []).append(ds)


def start_server(lab, nsd, environment, address, zones):
    config = lab / f"{address}.conf"
    text = f"""server:
  ip-address: {address}@53
  server-count: 1
  database: ""
  username: ""
  chroot: ""
  zonesdir: "{lab}"
  pidfile: "{lab}/{address}.pid"
  xfrdfile: "{lab}/{address}.xfrd"
  xfrdir: "{lab}"
  zonelistfile: "{lab}/{address}.zones"
  logfile: "{lab}/{address}.log"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""
    for zone in zones:
        text += f'zone:\n  name: "{zone}"\n  zonefile: "{zone}zone"\n'
    config.write_text(text)
    return subprocess.Popen([nsd, "-d", "-c", config], env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_until_it_answers(address):
    """Asks for the root's SOA until there is an answer of any kind."""
    question = b"\x12\x34\0\0\0\1\0\0\0\0\0\0\0\0\6\0\1"
    for _ in range(200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.1)
            s.connect((address, 53))
            try:
                s.send(question)
                s.recv(512)
                return
            except OSError:
                time.sleep(0.05)
    raise SystemExit(f"NSD does not answer on {address}")


def run_inside(nsd, environment, program):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="dns-lab-") as folder:
        lab = pathlib.Path(folder)
        write_zones(lab)
        (lab / "root.hints").write_text(". 3600 IN NS a.root.\na.root. 3600 IN A 127.53.0.1\n")
        (lab / "silent.hints").write_text(f". 3600 IN NS a.root.\na.root. 3600 IN A {SILENT}\n")
        (lab / "resolv.conf").write_text("# the forwarder\nsearch test\nnameserver 127.53.0.5\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind((SILENT, 53))
            servers = [start_server(lab, nsd, environment, *server) for server in SERVERS.items()]
            try:
                for address in SERVERS:
                    wait_until_it_answers(address)
                return subprocess.run(program, env={**os.environ, "DNS_LAB": folder}, check=False).returncode
            finally:
                for server in servers:
                    server.send_signal(signal.SIGTERM)
                for server in servers:
                    server.wait()


def main():
    if sys.argv[1] == "--inside":
        nsd, libraries, program = sys.argv[2], sys.argv[3], sys.argv[4:]
        environment = {**os.environ, "LD_LIBRARY_PATH": libraries} if libraries else os.environ
        code = run_inside(nsd, environment, program)
        raise SystemExit(code if code >= 0 else 128 - code)
    if os.geteuid() == 0: # others are told by what they lack
        subprocess.run([TOP / "tools/install.sh", "lab", "real"], check=True, stdin=subprocess.DEVNULL)
    nsd, environment = nsd_in(pathlib.Path(sys.argv[1]).resolve())
    namespace = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    os.execvp("unshare", [*namespace, sys.executable, __file__, "--inside", nsd, environment.get("LD_LIBRARY_PATH", ""), *sys.argv[2:]])


main()
