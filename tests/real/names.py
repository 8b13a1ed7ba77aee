# SPDX-License-Identifier: Apache-2.0
"""The lab's names: a signed private root, `test.` and the reverse zones, a zone for each domain, and the name
servers for them: NSD for the zones, Unbound as the resolver of the mail servers. Keys are ECDSA P-256.

A domain's zone is "signed", "insecure" (delegated without a DS), "bogus" (signed, then altered), "bogus-tlsa" (only
its TLSA records are altered) or "lame" (delegated to servers that do not have it).
"""
import ipaddress
import os

from world import Server, command

# What a domain says of the mail it sends; the key is nobody's.
SENDER = {
    "v=spf1": '@ 300 IN TXT "v=spf1 mx -all"\n',
    "v=DMARC1": '_dmarc 300 IN TXT "v=DMARC1; p=reject; rua=mailto:dmarc-reports@@DOMAIN@"\n',
    "v=DKIM1": 'default._domainkey 300 IN TXT "v=DKIM1; k=ed25519; p=dWC8Pp7kq4BKpxtjGO3LmPIbjssuPsdx3pq+ClFkSuI="\n',
}
SOA = "@ 300 IN SOA ns1.lab.test. hostmaster.lab.test. 1 3600 600 86400 60\n"

NSD_CONFIG = """
server:
    ip-address: @IP4@
    ip-address: @IP6@
    database: ""
    zonesdir: /etc/lab
    zonelistfile: /tmp/zone.list
    xfrdfile: /tmp/xfrd.state
    xfrdir: /tmp
    pidfile: ""
    username: nsd
    hide-version: yes
remote-control:
    control-enable: no
"""

UNBOUND_CONFIG = """
server:
    interface: @IP4@
    interface: @IP6@
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
    chroot: ""
    directory: /etc/lab
    pidfile: ""
    use-syslog: no
    do-daemonize: no
    root-hints: /etc/lab/hints
    trust-anchor-file: /etc/lab/anchor
    module-config: "validator iterator"
{nodefault}
remote-control:
    control-enable: no
"""

# Unbound answers these itself unless told that somebody serves them.
SERVED = ("test.", "2.0.192.in-addr.arpa.", "100.51.198.in-addr.arpa.", "113.0.203.in-addr.arpa.", "8.b.d.0.1.0.0.2.ip6.arpa.")


# What is altered in a zone after it was signed.
ALTERED = {
    "bogus": (("\tMX\t10 ", "\tMX\t11 "), ("\tA\t198.51.100.", "\tA\t203.0.113."), ("\tAAAA\t2001:db8:1:", "\tAAAA\t2001:db8:3:")),
    "bogus-tlsa": (("\tTLSA\t3 ", "\tTLSA\t2 "),),
}


def addresses_of(host, ttl=300):
    """Its A and AAAA records."""
    return f"{host.name}. {ttl} IN A {host.ip4}\n{host.name}. {ttl} IN AAAA {host.ip6}\n"


class Zone:
    def __init__(self, origin, state="signed"):
        self.origin = origin          # with its final dot
        self.state = state
        self.lines = []
        self.delegation = ""          # DS records for the parent

    def add(self, text):
        self.lines.append(text.rstrip("\n") + "\n")


class Names:
    """Zones are filled through add_*(); build() signs them, children first, and gives the servers."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        self.top = {name: Zone(name) for name in ("lab.test.", "in-addr.arpa.", "ip6.arpa.", "arpa.", "test.", ".")}
        self.domains = []

    def add_domain(self, name, text, state="signed"):
        """With what a domain says of the mail it sends, unless the text says so itself."""
        zone = Zone(name + ".", state)
        zone.add(text)
        for word, record in SENDER.items():
            if word not in text:
                zone.add(record.replace("@DOMAIN@", name))
        self.domains.append(zone)

    def add_address(self, host):
        """A and AAAA of a host of lab.test."""
        self.top["lab.test."].add(addresses_of(host))

    def add_ptr(self, address, name):
        reverse = ipaddress.ip_address(address).reverse_pointer
        self.top["ip6.arpa." if ":" in address else "in-addr.arpa."].add(f"{reverse}. 300 IN PTR {name}.")

    def place(self, lab):
        """Puts the name servers on their hosts; what they serve comes with build()."""
        def at(name, number, network=1):
            server = Server(root="names", command=[], ports=(53,), cert=None)
            return lab.place(f"{name}.lab.test", "lab.test", server, network, number)

        self.root, self.tld, self.resolver = at("root-server", 10), at("tld-server", 11), at("resolver", 13)
        self.leaves = [at("ns1", 12), at("ns2", 12, network=2)]
        self.hosts = [self.root, self.tld, self.resolver, *self.leaves]

    def build(self):
        """Writes and signs every zone, and gives the servers their configuration. Returns what a validating resolver
        needs: (root hints, trust anchor)."""
        lab, test, arpa, root = (self.top[name] for name in ("lab.test.", "test.", "arpa.", "."))
        for host in self.hosts:
            self.add_address(host)
            for address in host.addresses:
                self.add_ptr(address, host.name)
        for glue_of in (self.tld, *self.leaves):
            test.add(addresses_of(glue_of))
        for glue_of in (self.root, self.tld):
            root.add(addresses_of(glue_of))
        leaf_zones, tld_zones = [*self.domains, lab], [self.top["in-addr.arpa."], self.top["ip6.arpa."], arpa, test]
        for zone in leaf_zones:
            self.finish(zone, self.leaves, test)
        for zone, parent in zip(tld_zones, (arpa, arpa, root, root)):
            self.finish(zone, [self.tld], parent)
        self.finish(root, [self.root], None)
        for host in self.leaves:
            self.serve(host, [zone for zone in leaf_zones if zone.state != "lame"])
        self.serve(self.tld, tld_zones)
        self.serve(self.root, [root])
        hints = f". 300 IN NS {self.root.name}.\n" + addresses_of(self.root)
        self.resolve(hints, root.delegation)
        return hints, root.delegation

    def resolve(self, hints, anchor):
        nodefault = "".join(f'    local-zone: "{name}" nodefault\n' for name in SERVED)
        server = self.resolver.server
        server.files = {"/etc/lab/unbound.conf": UNBOUND_CONFIG.format(nodefault=nodefault), "/etc/lab/hints": hints, "/etc/lab/anchor": anchor}
        server.setup = "chmod 644 /etc/lab/*"
        server.command = ["unbound", "-d", "-p", "-c", "/etc/lab/unbound.conf"]

    def finish(self, zone, servers, parent):
        """Adds SOA and NS, signs, and delegates in the parent."""
        origin = zone.origin
        ns = "".join(f"{origin} 300 IN NS {server.name}.\n" for server in servers)
        path = os.path.join(self.folder, "root" if origin == "." else origin[:-1])
        zone.path = path
        with open(path, "w") as out:
            out.write(f"$ORIGIN {origin}\n$TTL 300\n{SOA}{ns}{''.join(zone.lines)}")
        if zone.state != "insecure":
            self.sign(zone)
        if parent:
            parent.add(ns + zone.delegation)

    def sign(self, zone):
        key = command("sh", "-c", 'cd "$0" && ldns-keygen -a ECDSAP256SHA256 -k -r /dev/urandom "$1"', self.folder, zone.origin).strip()
        key = os.path.join(self.folder, key)
        zone.delegation = command("ldns-key2ds", "-n", "-2", "-f", key + ".key")
        command("ldns-signzone", "-n", "-f", zone.path + ".signed", "-o", zone.origin, zone.path, key)
        zone.path += ".signed"
        if zone.state in ALTERED:
            with open(zone.path) as content:
                text = altered = content.read()
            for signed, false in ALTERED[zone.state]:
                altered = altered.replace(signed, false)
            if altered == text:
                raise RuntimeError(f"{zone.origin}: nothing to alter, so it would not be bogus")
            with open(zone.path, "w") as out:
                out.write(altered)

    def serve(self, host, zones):
        config = NSD_CONFIG
        files = {}
        for zone in zones:
            name = os.path.basename(zone.path)
            config += f'zone:\n    name: "{zone.origin}"\n    zonefile: "{name}"\n'
            with open(zone.path) as content:
                files["/etc/lab/" + name] = content.read()
        host.server.files = files | {"/etc/lab/nsd.conf": config}
        host.server.setup = "chmod 644 /etc/lab/*; mkdir -p /run/nsd"
        host.server.command = ["nsd", "-d", "-c", "/etc/lab/nsd.conf"]
