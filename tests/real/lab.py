# SPDX-License-Identifier: Apache-2.0
"""What every suite of real servers has: a folder, keys, hosts in namespaces, names in signed zones, and mxassay to look at them."""
import os
import subprocess
import sys

import names as lab_names
import roots
import world
from pki import Pki


def say(text):
    print(text, file=sys.stderr, flush=True)


class Lab:
    def __init__(self, folder, cache, mxassay, cases):
        self.folder = folder
        self.mxassay = mxassay
        self.cases = cases
        os.makedirs(self.path("pki"))
        self.pki = Pki(self.path("pki"))
        self.world = world.World(self.path("hosts"), roots.Roots(cache, say), self.pki)
        self.names = lab_names.Names(self.path("zones"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)
        return self.path(name)

    def place_names(self):
        """The name servers; before all other hosts."""
        self.names.place(self.world)
        self.world.resolver_address = self.names.resolver.ip4

    def resolve_here(self, host):
        """The host asks the lab's validating resolver, and believes what it says of DNSSEC."""
        host.server.files["/etc/resolv.conf"] = f"nameserver {self.world.resolver_address}\noptions edns0 trust-ad\n"

    def start_hosts(self):
        """Everything that is placed goes up, names first. Returns the hosts with a server."""
        hints, anchor = self.names.build()
        self.hints, self.anchor = self.write("hints", hints), self.write("anchor", anchor)
        self.world.configure_addresses()
        servers = [host for host in self.world.hosts if host.server.command]
        for host in servers:
            self.world.start(host)
        self.world.wait_ready(servers)
        return servers

    def words(self, *command):
        """mxassay with this command, told about the lab."""
        words = [self.mxassay, *command, "--json", "--root-hints", self.hints, "--trust-anchor", self.anchor, "--ca-file", self.pki.trust_store]
        for block in world.PUBLIC:
            words += ["--treat-as-public", block]
        return words

    def run_mxassay(self, words, limit_s, client="client"):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MXASSAY_")}
        return subprocess.run(world.inside(client) + words, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=limit_s,
                              errors="replace")


def main(suite, cases, folder, cache, mxassay, *chosen):
    """The exit status of a suite's run over the cases that were chosen, all when none was."""
    cases = [case for case in cases if not chosen or case.name in chosen]
    try:
        return 0 if suite(folder, cache, mxassay, cases).run() else 1
    except (roots.RootError, RuntimeError) as error:
        print(f"the lab could not be built: {error}", file=sys.stderr)
        print(f"0 passed, {len(cases)} failed")
        return 1
