# SPDX-License-Identifier: Apache-2.0
"""The world of the farm: which domains there are, on which servers, and what their zones say. Always the same for the
same numbers.

Of 100 domains 50 are customers of 6 large providers, 35 of 300 hosters, 15 have a server of their own or share a small one. Of
small servers some are dead, silent, slow, busy or greylist. A tenth of the domains are signed. Name servers are those of 40
DNS operators.
"""
import dataclasses
import random

NETWORK = "10.0.0.0/8"
ROOT, TLD = "10.0.0.1", "10.0.0.2"
DROPPED, REFUSED = "10.251.0.0/16", "10.252.0.0/16"  # nothing listens: a packet is lost, or reset
LISTS = ("bl1.test", "bl2.test")
LARGE, HOSTERS, OPERATORS = 6, 300, 40
SHARE_LARGE, SHARE_HOSTERS = 0.50, 0.35
HOSTER_ADDRESSES = 2
# What a small server is like, of 1000; all others are fine.
ODD = (("dropped", 5), ("refused", 10), ("silent", 4), ("slow", 4), ("busy", 3), ("grey", 20))
SIGNED = 0.10
INPUT_MISSING = 0.01  # names that do not exist


@dataclasses.dataclass
class World:
    names: list  # the input, in its order
    targets: list  # (address, port, name, behaviour) of what listens
    zones: str  # for farm/names


def address(first, i):
    """The i-th address from 10.<first>.0.1 on; each is in a network of its own, as connections to one network are few at once."""
    return f"10.{first + i // 256}.{i % 256}.1"


def address_in(network, i):
    """The i-th address of 10.<network>.0.0/16."""
    return f"10.{network}.{i % 256}.{1 + i // 256}"


def reverse_zone(targets):
    owners = (f"{'.'.join(reversed(ip.split('.')))} PTR {name}.\n" for ip, _, name, _ in targets)
    return "template reverse\n@ NS ns1.op0.test.\n" + "".join(owners) + "zone in-addr.arpa reverse\n"


def top_zones():
    return ("template root\n@ NS a.root.\na.root A " + ROOT + "\nb.root A " + TLD + "\ntest NS b.root.\nin-addr.arpa NS ns1.op0.test.\n"
            "zone . root signed\ntemplate test\n@ NS b.root.\nzone test test opt-out\n")


def operators():
    return "".join(f"template op{i}\n@ NS ns1\n@ NS ns2\nns1 A 10.1.{i}.1\nns2 A 10.1.{i}.2\nzone op{i}.test op{i}\n" for i in range(OPERATORS))


def lists():
    entry = "template list\n@ NS ns1.op0.test.\n2.0.0.127 A 127.0.0.2\n"
    return entry + "".join(f"zone {name} list\n" for name in LISTS)


def policies(spf, dmarc):
    return f"@ TXT v=spf1 {spf} -all\n_dmarc TXT v=DMARC1; p={dmarc}\n"


def provider(name, operator, hosts, dmarc):
    """The zone of a provider, and the template of its customers. hosts: [(host name, [address])]."""
    name_servers = f"@ NS ns1.op{operator}.test.\n@ NS ns2.op{operator}.test.\n"
    addresses = "".join(f"{host.removesuffix('.' + name + '.test')} A {ip}\n" for host, ips in hosts for ip in ips)
    own = f"template own-{name}\n{name_servers}{addresses}_spf TXT v=spf1 {' '.join('ip4:' + ip for _, ips in hosts for ip in ips)} -all\nzone {name}.test own-{name}\n"
    mx = "".join(f"@ MX {10 * (i + 1)} {host}.\n" for i, (host, _) in enumerate(hosts))
    texts = policies(f"include:_spf.{name}.test", dmarc)
    customer = f"template {name}\n{name_servers}{mx}{texts}@ A {hosts[0][1][0]}\n"
    return own + customer


def large_providers():
    zones, targets = "", []
    for i in range(LARGE):
        hosts = []
        for k in range(2):
            ips = [f"10.2.{16 * i + 4 * k + j}.1" for j in range(4 if i % 2 else 2)]
            hosts.append((f"mx{k + 1}.large{i}.test", ips))
            targets += [(ip, 25, hosts[-1][0], "fine") for ip in ips]
        zones += provider(f"large{i}", i, hosts, ("none", "reject", "quarantine")[i % 3])
    return zones, targets


def hosters():
    zones, targets = "", []
    for i in range(HOSTERS):
        hosts = [(f"mx{k + 1}.hoster{i}.test", [address(3, HOSTER_ADDRESSES * i + k)]) for k in range(HOSTER_ADDRESSES)]
        targets += [(ips[0], 25, host, "fine") for host, ips in hosts]
        zones += provider(f"hoster{i}", i % OPERATORS, hosts, ("none", "reject")[i % 2])
    return zones, targets


def small_servers(count):
    """Server i is mail.s<i>.test, and its customers' template is small<i>."""
    draw = random.Random(2)
    zones, targets = "", []
    for i in range(count):
        kind, roll = "fine", draw.randrange(1000)
        for word, share in ODD:
            if 0 <= roll < share:
                kind = word
            roll -= share
        nobody_at = {"dropped": 251, "refused": 252}.get(kind)
        ip, host = address_in(nobody_at, i) if nobody_at else address(16, i), f"mail.s{i}.test"
        if not nobody_at:
            targets.append((ip, 25, host, kind))
        servers = f"@ NS ns1.op{i % OPERATORS}.test.\n@ NS ns2.op{i % OPERATORS}.test.\n"
        texts = policies("mx", "none")
        zones += f"template host{i}\n{servers}mail A {ip}\nzone s{i}.test host{i}\ntemplate small{i}\n{servers}@ MX 10 {host}.\n{texts}"
    return zones, targets


def spread(domains, servers, signed=SIGNED):
    """`domains` names on about `servers` addresses."""
    draw = random.Random(1)
    large, large_targets = large_providers()
    middle, middle_targets = hosters()
    small_count = servers - len(large_targets) - len(middle_targets)
    if small_count < 1:
        raise ValueError(f"{servers} servers are too few: providers and hosters have {servers - small_count} already")
    small, small_targets = small_servers(small_count)
    targets = large_targets + middle_targets + small_targets
    zones, names, next_small = [top_zones(), operators(), lists(), reverse_zone(targets), large, middle, small], [], 0
    large_weights = [30, 25, 5, 4, 3, 3]
    for i in range(domains):
        where = draw.random()
        if where < SHARE_LARGE:
            shape = f"large{draw.choices(range(LARGE), large_weights)[0]}"
        elif where < SHARE_LARGE + SHARE_HOSTERS:
            shape = f"hoster{int(HOSTERS * draw.random() ** 2)}"
        else:
            shape = f"small{next_small % small_count}"
            next_small += 1
        names.append(f"d{i}.test")
        if draw.random() >= INPUT_MISSING:
            zones.append(f"zone d{i}.test {shape}{' signed' if draw.random() < signed else ''}\n")
    return World(names, targets, "".join(zones))


def distinct(domains, behaviour="fine", signed=0):
    """Each domain has a server of its own."""
    draw = random.Random(1)
    targets = [(address(16, i), 25, f"mx.d{i}.test", behaviour) for i in range(domains)]
    shape = "template single\n@ NS ns1.op0.test.\n@ NS ns2.op0.test.\n@ MX 10 mx\nmx A %\n" + policies("mx", "reject")
    zones = [f"zone d{i}.test single {'signed ' if draw.random() < signed else ''}{targets[i][0]}\n" for i in range(domains)]
    return World([f"d{i}.test" for i in range(domains)], targets, top_zones() + operators() + lists() + reverse_zone(targets) + shape + "".join(zones))


def hosted(domains, to_a_certificate):
    """Each domain has a server of its own, and so many of them one certificate, made out to a wildcard."""
    zones, targets = [top_zones(), operators(), lists()], []
    for first in range(0, domains, to_a_certificate):
        pool = f"p{first}.test"
        members = range(first, min(first + to_a_certificate, domains))
        targets += [(address(16, i), 25, f"*.{pool}", "fine") for i in members]
        name_servers = f"@ NS ns1.op{first % OPERATORS}.test.\n@ NS ns2.op{first % OPERATORS}.test.\n"
        zones.append(f"template {pool}\n{name_servers}" + "".join(f"mx{i} A {address(16, i)}\n" for i in members) + f"zone {pool} {pool}\n")
        zones += (f"template d{i}\n{name_servers}@ MX 10 mx{i}.{pool}.\nzone d{i}.test d{i}\n" for i in members)
    return World([f"d{i}.test" for i in range(domains)], targets, "".join(zones))
