# SPDX-License-Identifier: Apache-2.0
"""The lab's world: network namespaces joined by veth pairs, hosts with addresses, and servers running on them.

Everything lives in the mount and PID namespaces that `run` made for this run: when its first process ends, for
whatever reason, the kernel ends every server and takes every mount, namespace and veth pair away.
"""
import ctypes
import dataclasses
import os
import socket
import subprocess
import threading
import time

import roots

SERVERS = "servers"
NETWORKS = {1: ("198.51.100.", "2001:db8:1::"), 2: ("203.0.113.", "2001:db8:2::")}
PUBLIC = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
FIRST_HOST_NUMBER = 100
READY_S = 90

# The machines that mxassay is run on. `filter`: nftables rules for what leaves the machine.
CLIENTS = {
    "client": {"number": 0, "ipv6": True, "filter": None},
    "client-drop": {"number": 1, "ipv6": True, "filter": "tcp dport 25 drop"},
    "client-reset": {"number": 2, "ipv6": True, "filter": "tcp dport 25 reject with tcp reset"},
    "client-v4": {"number": 3, "ipv6": False, "filter": None},
}


@dataclasses.dataclass
class Server:
    """A program to run on a host, and all that it needs. In `files`, `setup` and `command` stand @HOST@, @DOMAIN@,
    @IP4@ and @IP6@ for what the host it is put on has."""
    root: str | None                              # a root of roots.py; None: run here, without a root of its own
    command: list[str]                            # stays in the foreground, logs to its standard output or error
    files: dict[str, str] = dataclasses.field(default_factory=dict)
    setup: str = ""                               # shell, run in the root right before
    ports: tuple[int, ...] = (25,)                # it is ready when all of them accept
    cert: str | None = "good"                     # a key of pki.LEAVES; the files are put below /etc/lab
    other_cert: str | None = None                 # a second one, with an RSA key; its files begin with "other-"
    key: str = "ec"                               # a key of pki.KEYS
    absent: bool = False                          # its addresses exist in the DNS only
    hold: int = 0                                 # connections that the client holds open to each address meanwhile


@dataclasses.dataclass
class Host:
    name: str
    domain: str
    ip4: str
    ip6: str
    server: Server
    label: str = ""
    process: subprocess.Popen | None = None

    def fill(self, text):
        for mark, value in (("@HOST@", self.name), ("@DOMAIN@", self.domain), ("@IP4@", self.ip4), ("@IP6@", self.ip6)):
            text = text.replace(mark, value)
        return text

    @property
    def addresses(self):
        return [self.ip4, self.ip6]


def client_addresses(name):
    """((ours, theirs) in IPv4, (ours, theirs) in IPv6) of a client's link to the servers."""
    n = CLIENTS[name]["number"]
    return ((f"192.0.2.{4 * n + 2}", f"192.0.2.{4 * n + 1}"), (f"2001:db8:c:{n}::2", f"2001:db8:c:{n}::1"))


def command(*words, text=None):
    done = subprocess.run(words, input=text, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def inside(namespace):
    return ["nsenter", f"--net=/run/netns/{namespace}"]


class World:
    def __init__(self, folder, all_roots, pki):
        self.folder = folder
        self.roots = all_roots
        self.pki = pki
        self.hosts = []
        self.held = []
        self.resolver_address = None
        self.numbers = {network: FIRST_HOST_NUMBER for network in NETWORKS}
        os.makedirs("/run/netns", exist_ok=True)
        command("mount", "-t", "tmpfs", "tmpfs", "/run/netns")
        for namespace in (SERVERS, *CLIENTS):
            command("ip", "netns", "add", namespace)
            self.ip(namespace, ["link set lo up"])
        for name in CLIENTS:
            self.join(name)

    def ip(self, namespace, lines):
        command("ip", "-n", namespace, "-batch", "-", text="\n".join(lines) + "\n")

    def join(self, client):
        """A link from a client to the servers, and its firewall."""
        (ip4, gateway4), (ip6, gateway6) = client_addresses(client)
        inner, outer = "uplink", f"to-{CLIENTS[client]['number']}"
        command("ip", "link", "add", inner, "netns", client, "type", "veth", "peer", "name", outer, "netns", SERVERS)
        self.ip(SERVERS, [f"address add {gateway4}/30 dev {outer}", f"address add {gateway6}/64 dev {outer} nodad", f"link set {outer} up"])
        self.ip(client, [f"address add {ip4}/30 dev {inner}", f"link set {inner} up", f"route add default via {gateway4}"])
        if CLIENTS[client]["ipv6"]:
            self.ip(client, [f"address add {ip6}/64 dev {inner} nodad", f"route add default via {gateway6}"])
        if CLIENTS[client]["filter"]:
            rule = "add table inet lab\nadd chain inet lab out { type filter hook output priority 0; }\nadd rule inet lab out "
            command(*inside(client), "nft", "-f", "-", text=rule + CLIENTS[client]["filter"] + "\n")

    def place(self, name, domain, server, network=1, number=None):
        """A host of this name with the next free addresses of a network; its server starts with start()."""
        if number is None:
            number = self.numbers[network]
            self.numbers[network] += 1
        prefix4, prefix6 = NETWORKS[network]
        host = Host(name, domain, f"{prefix4}{number}", f"{prefix6}{number}", server, label=f"{len(self.hosts):03}-{name}")
        self.hosts.append(host)
        return host

    def configure_addresses(self):
        lines = []
        for host in self.hosts:
            if host.server.absent:
                continue
            lines += [f"address add {host.ip4}/32 dev to-0", f"address add {host.ip6}/128 dev to-0 nodad"]
        self.ip(SERVERS, lines)

    def log_of(self, host):
        return os.path.join(self.folder, host.label, "log")

    def start(self, host):
        """Starts the host's server in a mount namespace of its own."""
        server = host.server
        folder = os.path.join(self.folder, host.label)
        for sub in ("upper", "work", "root"):
            os.makedirs(os.path.join(folder, sub))
        upper = os.path.join(folder, "upper")
        words = [host.fill(word) for word in server.command]
        start = inside(SERVERS)
        if server.root:
            files = {"/etc/resolv.conf": f"nameserver {self.resolver_address}\n", "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n"}
            files |= {path: host.fill(content) for path, content in server.files.items()}
            if server.cert:
                files |= self.pki.server_files(host.label, server.cert, host.name, server.key)
            if server.other_cert:
                other = self.pki.server_files(host.label + "-other", server.other_cert, host.name, "rsa")
                files |= {path.replace("/lab/", "/lab/other-"): text for path, text in other.items()}
            for path, content in files.items():
                roots.write(upper, path, content, 0o600 if path.startswith("/etc/lab/") else 0o644)
            if os.path.isdir(os.path.join(upper, "etc/lab")):
                os.chmod(os.path.join(upper, "etc/lab"), 0o755)
            script = roots.mount_script(folder, self.roots.layers(server.root)) + f'exec chroot "{folder}/root" /bin/sh -ec "$0" "$@"'
            start += ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script, host.fill(server.setup) + '\nexec "$0" "$@"']
        with open(self.log_of(host), "w") as log:
            host.process = subprocess.Popen(start + words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def wait_ready(self, hosts):
        """Waits until every port of every host accepts connections in both families."""
        deadline = time.monotonic() + READY_S
        for host in hosts:
            for address in host.addresses:
                for port in host.server.ports:
                    while not accepts(SERVERS, address, port):
                        if host.process.poll() is not None or time.monotonic() > deadline:
                            state = "has ended" if host.process.poll() is not None else f"is not there after {READY_S} s"
                            raise RuntimeError(f"{host.name} [{address}]:{port} {state}; its log:\n{tail(self.log_of(host), 30)}")
                        time.sleep(0.1)

    def hold(self, hosts):
        """Takes the connections that some servers grant to one client only once."""
        for host in hosts:
            for address in host.addresses * host.server.hold:
                held = connect("client", address, host.server.ports[0])
                held.recv(4096)
                self.held.append(held)


def tail(path, count):
    with open(path, errors="replace") as log:
        return "".join(log.readlines()[-count:])


CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def socket_in(namespace, family):
    """A TCP socket that belongs to a network namespace; it stays there whatever the thread does next."""
    made = []

    def make():
        with open(f"/run/netns/{namespace}") as handle:
            if libc.setns(handle.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        made.append(socket.socket(family, socket.SOCK_STREAM))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


def connect(namespace, address, port, timeout=10):
    sock = socket_in(namespace, socket.AF_INET6 if ":" in address else socket.AF_INET)
    sock.settimeout(timeout)
    sock.connect((address, port))
    return sock


def accepts(namespace, address, port):
    try:
        connect(namespace, address, port, timeout=2).close()
    except OSError:
        return False
    return True
