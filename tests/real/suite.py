# SPDX-License-Identifier: Apache-2.0
"""Builds the world, runs the cases, counts. Started by `run`, inside mount and PID namespaces of its own."""
import concurrent.futures
import dataclasses
import subprocess
import sys
import time

import dovecot
import expect
import lab
import names as lab_names
import world
from cases import CASES, CONTROLS, SUPPORT
from lab import say

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


# Areas whose records these domains do not have; --dane, --senders and the policy host's cases are about them.
ELSEWHERE = "dane,mtasts,tlsrpt"


class Suite(lab.Lab):
    def __init__(self, folder, cache, mxassay, cases):
        super().__init__(folder, cache, mxassay, cases)
        # The slowest first, so that they wait while the others work.
        self.cases.sort(key=lambda case: not any(word in case.name for word in ("late", "silent", "filtered", "dropped", "unproven")))
        self.hosts = {}

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
        self.place_names()
        names = {*CONTROLS, *(case.name for case in self.cases), *(case.needs for case in self.cases)}
        needed = {case.name: case for case in [*CASES, *SUPPORT] if case.name in names or case in SUPPORT}
        for case in needed.values():
            self.place(case)
        for name in world.CLIENTS:
            for (ours, _) in world.client_addresses(name):
                host = f"{name}.lab.test"
                self.names.top["lab.test."].add(f"{host}. 300 IN {'AAAA' if ':' in ours else 'A'} {ours}")
                self.names.add_ptr(ours, host)
        self.world.hold(self.start_hosts())

    def command(self, case):
        words = self.words(*(["probe", case.probe.replace("@DOMAIN@", case.domain)] if case.probe else ["check", case.domain]))
        words += ["--no-dnsbl", "--skip", ELSEWHERE]
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
        start = time.monotonic()
        try:
            done = self.run_mxassay(command, CASE_S, case.client)
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


if __name__ == "__main__":
    sys.exit(lab.main(Suite, CASES, *sys.argv[1:]))
