# SPDX-License-Identifier: Apache-2.0
"""Builds the world, runs the cases, counts. Started by `run`, inside mount and PID namespaces of its own."""
import concurrent.futures
import dataclasses
import os
import subprocess
import sys
import time

import dovecot
import expect
import names as lab_names
import roots
import world
from cases import CASES, CONTROLS, SUPPORT
from pki import Pki

AT_ONCE = 12            # most of a run is waiting
CASE_S = 200
WRONG_PASSWORD = "not her pass-phrase"


@dataclasses.dataclass
class Outcome:
    command: list[str]
    exit: int
    stdout: str
    stderr: str
    seconds: float


def say(text):
    print(text, file=sys.stderr, flush=True)

# Areas whose records these domains do not have; --dane, --senders and the policy host's cases are about them.
ELSEWHERE = "dane,mtasts,tlsrpt"


class Suite:
    def __init__(self, folder, cache, mxassay, cases):
        self.folder = folder
        self.mxassay = mxassay
        self.cases = cases
        os.makedirs(self.path("pki"))
        self.world = world.World(self.path("hosts"), roots.Roots(cache, say), Pki(self.path("pki")))
        self.names = lab_names.Names(self.path("zones"))
        self.hosts = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)
        return self.path(name)

    def place(self, case):
        """The hosts of a case and its zone."""
        hosts = self.hosts[case.name] = []
        for i, server in enumerate(case.servers):
            host = self.world.place(f"mx{i + 1}.{case.domain}", case.domain, server, network=i % 2 + 1)
            hosts.append(host)
            for address in host.addresses:
                if case.ptr != "":
                    self.names.add_ptr(address, case.ptr or host.name)
        if case.exists:
            mx = [f"MX {10 * (i + 1)} {host.name}." for i, host in enumerate(hosts)]
            records = [case.records] if case.records is not None else mx
            text = "".join(f"@ {record}\n" for record in records) + "".join(map(lab_names.addresses_of, hosts))
            self.names.add_domain(case.domain, text, case.zone)

    def start(self):
        """Everything up: names first, then all servers at once."""
        self.names.place(self.world)
        self.world.resolver_address = self.names.resolver.ip4
        names = {*CONTROLS, *(case.name for case in self.cases), *(case.needs for case in self.cases)}
        needed = {case.name: case for case in [*CASES, *SUPPORT] if case.name in names or case in SUPPORT}
        for case in needed.values():
            self.place(case)
        for name in world.CLIENTS:
            for (ours, _) in world.client_addresses(name):
                host = f"{name}.lab.test"
                self.names.top["lab.test."].add(f"{host}. 300 IN {'AAAA' if ':' in ours else 'A'} {ours}")
                self.names.add_ptr(ours, host)
        hints, anchor = self.names.build()
        self.hints, self.anchor = self.write("hints", hints), self.write("anchor", anchor)
        self.world.configure_addresses()
        servers = [host for host in self.world.hosts if host.server.command]
        for host in servers:
            self.world.start(host)
        self.world.wait_ready(servers)
        self.world.hold(servers)

    def command(self, case):
        words = [self.mxassay] + (["probe", case.probe.replace("@DOMAIN@", case.domain)] if case.probe else ["check", case.domain])
        words += ["--json", "--root-hints", self.hints, "--trust-anchor", self.anchor, "--ca-file", self.world.pki.trust_store]
        words += ["--no-dnsbl", "--skip", ELSEWHERE]
        for block in world.PUBLIC:
            words += ["--treat-as-public", block]
        for control in () if "--no-control" in case.options else CONTROLS:
            words += ["--control", f"mx1.{control}.test"]
        if "--resolver" not in case.options:
            words += ["--resolver", "recursive"]
        if expect.fail_on(case):
            words += ["--fail-on", expect.fail_on(case)]
        files = {"@PASSWORD@": self.path("password"), "@WRONG-PASSWORD@": self.path("wrong-password")}
        return words + [files.get(word, word) for word in case.options]

    def run_case(self, case):
        command = self.command(case)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MXASSAY_")}
        start = time.monotonic()
        try:
            done = subprocess.run(world.inside(case.client) + command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  env=environment, timeout=CASE_S, errors="replace")
        except subprocess.TimeoutExpired:
            return Outcome(command, -1, "", f"no end after {CASE_S} s", CASE_S)
        return Outcome(command, done.returncode, done.stdout, done.stderr, time.monotonic() - start)

    def judge(self, case, outcome):
        """Prints the verdict on a case; True when all was as expected."""
        wrong = list(expect.compare(case, outcome, self.hosts[case.name], (dovecot.PASSWORD, WRONG_PASSWORD)))
        print(f"{'FAILED' if wrong else 'ok    '} {case.name} ({outcome.seconds:.1f} s)", flush=True)
        if wrong:
            print("\n".join(f"    {line}" for line in [*wrong, *expect.evidence(outcome)]))
            for host in self.hosts[case.name]:
                if host.process:
                    print(f"    log of {host.name}:\n" + world.tail(self.world.log_of(host), 12), flush=True)
        return not wrong

    def run(self):
        begin = time.monotonic()
        self.write("password", dovecot.PASSWORD + "\n")
        self.write("wrong-password", WRONG_PASSWORD + "\n")
        self.start()
        say(f"{len(self.world.hosts)} hosts are up after {time.monotonic() - begin:.0f} s")
        passed = 0
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            running = {pool.submit(self.run_case, case): case for case in self.cases}
            for done in concurrent.futures.as_completed(running):
                passed += self.judge(running[done], done.result())
        say(f"{time.monotonic() - begin:.0f} s in all")
        print(f"{passed} passed, {len(self.cases) - passed} failed", flush=True)
        return passed == len(self.cases)


def main(folder, cache, mxassay, *names):
    cases = [case for case in CASES if not names or case.name in names]
    # The slowest first, so that they wait while the others work.
    cases.sort(key=lambda case: not any(word in case.name for word in ("late", "silent", "filtered", "dropped", "unproven")))
    try:
        return 0 if Suite(folder, cache, mxassay, cases).run() else 1
    except (roots.RootError, RuntimeError) as error:
        print(f"the lab could not be built: {error}", file=sys.stderr)
        print(f"0 passed, {len(cases)} failed")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
