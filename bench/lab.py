# SPDX-License-Identifier: Apache-2.0
"""The lab of the benchmarks, in a network namespace of its own: certificates, a private signed root with name
servers for it, mail servers, and the runs that are measured.

Addresses are those set aside for benchmarks (RFC 2544): 198.18.0.0/16 is this machine, 198.19.0.0/16 stands at the
far end of a long line (rtt.py). Name servers and mail servers run on the last CPU, what is measured on the first.
"""
import contextlib
import ctypes
import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
ROOT_SERVER, TLD_SERVER, LEAF_SERVER = "198.18.0.1", "198.18.0.2", "198.18.0.3"
PUBLIC = "198.18.0.0/15"
NSD_PACKAGES = ["nsd", "libfstrm0", "libprotobuf-c1"]
SOA = "@ 3600 IN SOA ns.test. hostmaster.test. 1 3600 600 86400 300\n"
READY_S = 30

NSD_CONFIG = """server:
  ip-address: {address}
  server-count: 1
  database: ""
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/{address}.pid"
  xfrdfile: "{folder}/{address}.xfrd"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/{address}.zones"
  logfile: "{folder}/{address}.log"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""


class LabError(Exception):
    """The benchmark cannot be run; the text says why."""


@dataclasses.dataclass
class Cost:
    """What a run took."""
    cpu_us: int
    wall_us: int
    rss_kb: int
    status: int


def command(*words, **options):
    """Runs it and returns what it printed."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode:
        raise LabError(f"{' '.join(map(str, words))}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def find_nsd(cache):
    """NSD and its environment: the system's, else unpacked from Debian's packages below `cache`, never installed."""
    if os.access("/usr/sbin/nsd", os.X_OK):
        return "/usr/sbin/nsd", {}
    root = cache / "root"
    if not (cache / "complete").exists():
        cache.mkdir(parents=True, exist_ok=True)
        command("apt-get", "-qq", "download", *NSD_PACKAGES, cwd=cache)
        for package in cache.glob("*.deb"):
            command("dpkg", "-x", package, root)
        (cache / "complete").touch()
    libraries = ":".join(str(path.parent) for path in root.glob("usr/lib/*/libfstrm.so.0"))
    return str(root / "usr/sbin/nsd"), {"LD_LIBRARY_PATH": libraries}


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def leave_network():
    """From here on this process is in a network namespace of its own, which ends with it and what it started."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise LabError(f"a network namespace: {os.strerror(ctypes.get_errno())}; run it as root")
    command("ip", "link", "set", "lo", "up")
    command("ip", "route", "add", "local", "198.18.0.0/16", "dev", "lo")


class Lab:
    def __init__(self, folder, programs, nsd):
        self.folder = pathlib.Path(folder)
        self.programs = pathlib.Path(programs)
        self.nsd, self.nsd_environment = nsd or (None, {})
        self.running = []
        self.cpus = sorted(os.sched_getaffinity(0))

    def path(self, name):
        return str(self.folder / name)

    def close(self):
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            process.wait()

    # What runs beside

    def start(self, *words, environment=None, say_ready=True):
        """Starts a program on the last CPU, before all others there: who waits for it asks again. It ends with us. With say_ready, waits for its line "ready"."""
        beside = ["setpriv", "--pdeathsig", "KILL", "nice", "-n", "-15", "taskset", "-c", str(self.cpus[-1]), *words]
        process = subprocess.Popen(beside, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if say_ready else subprocess.DEVNULL, text=True,
                                   env={**os.environ, **(environment or {})})
        self.running.append(process)
        if say_ready and process.stdout.readline() != "ready\n":
            raise LabError(f"{words[0]} did not start")
        return process

    def make_ca(self):
        """root.pem is the trust anchor, intermediate.pem with intermediate.key signs what the servers show."""
        self.make_key_pair("root", "/CN=Benchmark root")
        self.make_key_pair("intermediate", "/CN=Benchmark intermediate", "-CA", self.path("root.pem"), "-CAkey", self.path("root.key"))

    def make_key_pair(self, name, subject, *signer):
        command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90", "-subj", subject,
                "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem"), "-addext", "keyUsage=critical,keyCertSign,cRLSign", *signer)

    def start_mail(self, targets, *launcher):
        """The mail servers of `targets`, [(ip, port, name)]; they listen on the ports that occur. Returns the file of
        targets and the processes."""
        file = self.path(f"targets-{len(self.running)}")
        with open(file, "w", encoding="ascii") as out:
            out.writelines(f"{ip} {port} {name}\n" for ip, port, name in targets)
        ports = sorted({port for _, port, _ in targets})
        signer = [self.path("intermediate.pem"), self.path("intermediate.key")]
        return file, [self.start(*launcher, self.programs / "server", str(port), *signer, file) for port in ports]

    # Names

    def serve(self, domains, reverse, signed):
        """Name servers for `test.` below a signed root. domains: {name: records}; reverse: {ip: name}. `signed`: these
        zones too, else they are delegated without a DS. Returns the options of mxassay that go with it."""
        delegations = ""
        leaves = {name + ".": records for name, records in domains.items()}
        leaves["in-addr.arpa."] = "".join(f"{'.'.join(reversed(ip.split('.')))} IN PTR {name}.\n" for ip, name in reverse.items())
        reverse_delegation = ""
        for origin, records in leaves.items():
            delegation = f"{origin} IN NS ns.test.\n" + self.write_zone(origin, "@ IN NS ns.test.\n" + records, signed)
            if origin == "in-addr.arpa.":
                reverse_delegation = delegation
            else:
                delegations += delegation
        tld = self.write_zone("test.", f"@ IN NS tld.test.\ntld IN A {TLD_SERVER}\nns IN A {LEAF_SERVER}\n{delegations}", True)
        top = f"@ IN NS a.root.\na.root. IN A {ROOT_SERVER}\ntest. IN NS tld.test.\ntld.test. IN A {TLD_SERVER}\n{tld}{reverse_delegation}"
        anchor = self.write_zone(".", top, True)
        (self.folder / "anchor").write_text(anchor)
        (self.folder / "hints").write_text(f". 3600 IN NS a.root.\na.root. 3600 IN A {ROOT_SERVER}\n")
        for address, zones in ((ROOT_SERVER, ["."]), (TLD_SERVER, ["test."]), (LEAF_SERVER, list(leaves))):
            self.start_nsd(address, zones)
        return ["--resolver", "recursive", "--root-hints", self.path("hints"), "--trust-anchor", self.path("anchor")]

    def write_zone(self, origin, records, signed):
        """Writes the zone, signed or not, and returns the DS record of its key, if any."""
        path = self.path(f"{origin}zone")
        with open(path, "w", encoding="ascii") as out:
            out.write(f"$ORIGIN {origin}\n$TTL 3600\n{SOA}{records}")
        if not signed:
            return ""
        key = command("ldns-keygen", "-a", "ECDSAP256SHA256", "-r", "/dev/urandom", origin, cwd=self.folder).strip()
        command("ldns-signzone", "-o", origin, "-f", path + ".signed", path, key, cwd=self.folder)
        os.replace(path + ".signed", path)
        return command("ldns-key2ds", "-f", "-n", "-2", key + ".key", cwd=self.folder)

    def start_nsd(self, address, zones):
        config = self.path(address + ".conf")
        with open(config, "w", encoding="ascii") as out:
            out.write(NSD_CONFIG.format(address=address, folder=self.folder))
            out.writelines(f'zone:\n  name: "{zone}"\n  zonefile: "{zone}zone"\n' for zone in zones)
        self.start(self.nsd, "-d", "-c", config, environment=self.nsd_environment, say_ready=False)
        self.wait_for_dns(address, zones[-1])

    def wait_for_dns(self, address, zone):
        """Asks for the zone's SOA until there is an answer with a record in it."""
        name = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".") if label)
        question = b"\x12\x34\0\0\0\1\0\0\0\0\0\0" + name + b"\0\0\6\0\1"
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, contextlib.suppress(OSError):
                s.settimeout(0.2)
                s.connect((address, 53))
                s.send(question)
                if s.recv(1500)[6:8] != b"\0\0":
                    return
            time.sleep(0.05)
        raise LabError(f"NSD does not answer for {zone} on {address}; see {self.path(address + '.log')}")

    # What is measured

    def measure(self, *words):
        """Runs a program on the first CPU; what it prints goes to the file `printed`."""
        with open(self.path("printed"), "wb") as printed:
            meter = ["taskset", "-c", str(self.cpus[0]), str(self.programs / "meter"), self.path("meter"), *map(str, words)]
            subprocess.run(meter, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed, check=True)
        user, system, wall, rss, status = map(int, (self.folder / "meter").read_text().split())
        return Cost(user + system, wall, rss, status)

    def printed(self):
        return (self.folder / "printed").read_text(errors="replace")
