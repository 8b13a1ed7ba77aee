# SPDX-License-Identifier: Apache-2.0
"""mxassay bulk on a farm of servers: what a domain costs, what is asked twice, what is lost. See README.md."""
import collections
import json
import os
import random
import signal
import statistics
import subprocess
import time

import world
from lab import LabError, command

TRANSPORT = ["--checks", "net,smtp,relay,tls,cert"]
IN_FLIGHT = 100
MANY_IN_FLIGHT = 1000  # of many domains: some wait for servers that say nothing
WAIT_S = 180
TARPIT_WATCHED_S = 20
SERVERS_TO_A_CERTIFICATE = 25
KILLS = 20
TICK_S = os.sysconf("SC_CLK_TCK")


class Farm:
    """Name and mail servers of a world, in the network namespace of this process."""

    def __init__(self, lab, made, say):
        self.lab, self.world = lab, made
        command("ip", "route", "add", "local", world.NETWORK, "dev", "lo")
        command("nft", f"add table inet farm; add chain inet farm in {{ type filter hook input priority 0; }}; "
                f"add rule inet farm in ip daddr {world.DROPPED} tcp dport 25 drop; "
                f"add rule inet farm in ip daddr {world.REFUSED} tcp dport 25 reject with tcp reset")
        say(f"bulk: {len(made.names)} domains, {len(made.targets)} servers; making zones and certificates")
        (lab.folder / "zones").write_text(made.zones)
        (lab.folder / "names.txt").write_text("".join(name + "\n" for name in made.names))
        (lab.folder / "targets").write_text("".join(f"{ip} {port} {name} {kind}\n" for ip, port, name, kind in made.targets))
        (lab.folder / "hints").write_text(f". 3600 IN NS a.root.\na.root. 3600 IN A {world.ROOT}\n")
        self.names = lab.start(lab.programs / "names", lab.path("zones"), lab.path("anchor"), lab.path("queries"), world.ROOT, world.TLD)
        self.mail = lab.start(lab.programs / "server", "25", lab.path("intermediate.pem"), lab.path("intermediate.key"), lab.path("targets"), lab.path("calls"))
        self.options = ["--resolver", "recursive", "--root-hints", lab.path("hints"), "--trust-anchor", lab.path("anchor"), "--treat-as-public", world.NETWORK,
                        "--ca-file", lab.path("root.pem"), "--no-control", "--ehlo", "probe.test", "--fail-on", "never", "-q",
                        *(word for zone in world.LISTS for word in ("--dnsbl", zone))]

    def close(self):
        self.lab.close()
        command("ip", "route", "del", "local", world.NETWORK, "dev", "lo")
        command("nft", "delete table inet farm")

    def counted(self, process, file):
        """What a server has counted since it was last asked; it may be waiting for its next packet."""
        path = self.lab.folder / file
        path.unlink(missing_ok=True)
        end = time.monotonic() + WAIT_S
        while not path.exists():
            if time.monotonic() > end:
                raise LabError(f"no {file} from the farm")
            process.send_signal(signal.SIGUSR1)
            time.sleep(0.2)
        return path.read_text().splitlines()

    def calls(self):
        """{address: connections}"""
        return {ip: int(count) for ip, count in (line.split() for line in self.counted(self.mail, "calls"))}

    def queries(self):
        """(queries, those that came once more, some of these)"""
        first, *told = self.counted(self.names, "queries")
        count, _, again = map(int, first.split())
        return count, again, told

    def count_anew(self):
        self.calls()
        self.queries()

    def command(self, mxassay, file, *words):
        out = self.lab.folder / "out.ndjson"
        out.unlink(missing_ok=True)
        return [mxassay, "bulk", self.lab.path(file), "--retry-after", "0", "-o", out, *self.options, *words]

    def bulk(self, mxassay, *words, file="names.txt"):
        """Runs it over the names of a file, and returns what it took."""
        cost = self.lab.measure(*self.command(mxassay, file, *words))
        if cost.status > 2:
            raise LabError(f"bulk ended with status {cost.status}: {self.lab.printed()[-2000:]}")
        return cost

    def reports(self):
        with open(self.lab.folder / "out.ndjson", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def median_ratio(values, bases):
    return statistics.median(value / base for value, base in zip(values, bases))


# ---- the figures; each returns rows (what, goal, value) ----


def figure_handshake(lab, mxassay, options, say):
    """Full mode against the floor client on distinct servers. What DNS costs beyond a cached answer is taken off: the names
    without SMTP, against the same names given twice, whose second half is answered from the cache."""
    count = options.distinct
    farm = Farm(lab, world.distinct(count), say)
    names = lab.folder / "names.txt"
    (lab.folder / "twice.txt").write_text(2 * names.read_text())
    floor = [lab.programs / "floor", lab.path("root.pem"), lab.path("targets-of-floor"), IN_FLIGHT]
    (lab.folder / "targets-of-floor").write_text("".join(f"{ip} {port} {name}\n" for ip, port, name, _ in farm.world.targets))
    costs = collections.defaultdict(list)
    for i in range(options.rounds):
        costs["floor"].append(lab.measure(*floor))
        costs["full"].append(farm.bulk(mxassay, *TRANSPORT))
        require_whole(farm, count)
        measure_dns(farm, mxassay, costs)
        say(f"bulk: handshake, round {i + 1}: us a domain: " + ", ".join(f"{kind} {list_[-1].cpu_us // count}" for kind, list_ in costs.items()))
    floor_us, full = ([cost.cpu_us / count for cost in costs[kind]] for kind in ("floor", "full"))
    cached = with_cached_dns(costs, "full", count)
    return [
        (f"floor client, {count} distinct servers", "", f"{min(floor_us):.0f} us CPU a probe"),
        ("bulk, transport checks, all included but DNS answers are cached / floor client", "at most 1.10",
         f"{min(cached) / min(floor_us):.2f} (least of {options.rounds} rounds), {median_ratio(cached, floor_us):.2f} (median)"),
        ("the same with its own recursion, from an empty cache / floor client", "", f"{min(full) / min(floor_us):.2f}, {median_ratio(full, floor_us):.2f}"),
    ]


def figure_observe(lab, mxassay, options, say):
    """Observe mode against full mode, where each server has a certificate of its own, and where many have one."""
    rows, count = [], options.distinct
    for what, to_a_certificate in (("a certificate each", 1), (f"{SERVERS_TO_A_CERTIFICATE} servers to a certificate", SERVERS_TO_A_CERTIFICATE)):
        farm = Farm(lab, world.hosted(count, to_a_certificate), say)
        (lab.folder / "twice.txt").write_text(2 * (lab.folder / "names.txt").read_text())
        costs = collections.defaultdict(list)
        for i in range(options.rounds):
            costs["full"].append(farm.bulk(mxassay, *TRANSPORT))
            require_whole(farm, count)
            costs["observe"].append(farm.bulk(mxassay, *TRANSPORT, "--tls", "observe"))
            measure_dns(farm, mxassay, costs)
            say(f"bulk: observe, {what}, round {i + 1}: us a domain: " + ", ".join(f"{kind} {list_[-1].cpu_us // count}" for kind, list_ in costs.items()))
        full, observed = (with_cached_dns(costs, kind, count) for kind in ("full", "observe"))
        rows.append((f"observe mode, {what}: probes a CPU-second / full mode, DNS answers cached", "at least 6",
                     f"{min(full) / min(observed):.1f} ({min(observed):.0f} us a probe against {min(full):.0f})"))
        farm.close()
    return rows


def measure_dns(farm, mxassay, costs):
    """What the questions cost, and what they cost once more, out of the cache."""
    costs["dns"].append(farm.bulk(mxassay, *TRANSPORT, "--no-smtp"))
    costs["dns twice"].append(farm.bulk(mxassay, *TRANSPORT, "--no-smtp", file="twice.txt"))


def with_cached_dns(costs, kind, count):
    return [(cost.cpu_us - once.cpu_us + (twice.cpu_us - once.cpu_us)) / count for cost, once, twice in zip(costs[kind], costs["dns"], costs["dns twice"])]


def require_whole(farm, count):
    seen = collections.Counter()
    for report in farm.reports():
        for endpoint in (e for host in report["hosts"] for a in host["addresses"] for e in a["endpoints"]):
            tls = endpoint["tls"] or {}
            seen[(endpoint["outcome"], tls.get("version"), tls.get("trusted"), tls.get("name_matches"), (endpoint["relay"] or {}).get("result"))] += 1
    if seen != {("completed", "TLSv1.3", True, True, "denied"): count}:
        raise LabError(f"not {count} whole exchanges: {dict(seen)}")


def many(farm, mxassay, words, what, goal, say):
    """One run over all names, and what it asked."""
    count = len(farm.world.names)
    farm.count_anew()
    cost = farm.bulk(mxassay, *words, "--max-inflight", MANY_IN_FLIGHT)
    queries, again, told = farm.queries()
    calls = farm.calls()
    kinds = {ip: kind for ip, _, _, kind in farm.world.targets}
    more = collections.Counter(kinds[ip] for ip, n in calls.items() if n > 1)
    lines = sum(1 for _ in open(farm.lab.folder / "out.ndjson", "rb"))
    if lines != count:
        raise LabError(f"{lines} lines for {count} names")
    for question in told:
        say(f"bulk: asked once more: {question}")
    called = f"{sum(calls.values())} connections to {len(calls)} servers"
    called += f"; more than one to {', '.join(f'{n} {kind}' for kind, n in sorted(more.items()))}" if more else ""
    return [
        (f"{what}: domains a CPU-second", goal,
         f"{count * 1e6 / cost.cpu_us:.0f} ({cost.cpu_us / count:.0f} us each; {cost.wall_us / 1e6:.0f} s, {cost.rss_kb // 1024} MB at most)"),
        (f"{what}: connections", "one to a server", called),
        (f"{what}: queries", "none twice", f"{queries} ({queries / count:.1f} a domain), {again} of them once more"),
    ]


def figure_transport(lab, mxassay, options, say):
    farm = Farm(lab, world.spread(options.domains, options.servers), say)
    return many(farm, mxassay, TRANSPORT, f"{options.domains} domains on {options.servers} servers, transport checks", "at least 3000", say)


def figure_dns(lab, mxassay, options, say):
    farm = Farm(lab, world.spread(options.domains, options.servers), say)
    return many(farm, mxassay, [], f"{options.domains} domains on {options.servers} servers, every check", "at least 1000", say)


def process_state(pid):
    """(CPU seconds, resident KB, descriptors)"""
    fields = open(f"/proc/{pid}/stat", encoding="ascii").read().rpartition(")")[2].split()
    rss_kb = next(int(line.split()[1]) for line in open(f"/proc/{pid}/status", encoding="ascii") if line.startswith("VmRSS"))
    return (int(fields[11]) + int(fields[12])) / TICK_S, rss_kb, len(os.listdir(f"/proc/{pid}/fd"))


def until_steady(pid, wanted):
    """Waits until this many descriptors are open and no CPU to speak of is used."""
    end = time.monotonic() + WAIT_S
    cpu = 0
    while time.monotonic() < end:
        time.sleep(1)
        now, _, open_count = process_state(pid)
        if open_count >= wanted and now - cpu < 0.05:
            return
        cpu = now
    raise LabError(f"{open_count} descriptors instead of {wanted} connections after {WAIT_S} s")


def figure_tarpit(lab, mxassay, options, say):
    """Resident memory with few and with all under way, and CPU while nothing happens."""
    count = options.tarpits
    farm = Farm(lab, world.distinct(count, "silent"), say)
    seen = {}
    for in_flight in (100, count):
        words = farm.command(mxassay, "names.txt", *TRANSPORT, "--max-inflight", in_flight, "--greeting-timeout", "600", "--timeout", "900")
        process = subprocess.Popen(["taskset", "-c", str(lab.cpus[0]), *map(str, words)], stdin=subprocess.DEVNULL)
        try:
            until_steady(process.pid, in_flight)
            before = process_state(process.pid)
            time.sleep(TARPIT_WATCHED_S)
            after = process_state(process.pid)
        finally:
            process.kill()
            process.wait()
        seen[in_flight] = (after[1], (after[0] - before[0]) / TARPIT_WATCHED_S)
    each = (seen[count][0] - seen[100][0]) / (count - 100)
    return [(f"{count} silent servers at once: resident memory for each", "at most 6 KB", f"{each:.1f} KB ({seen[count][0] // 1024} MB in all)"),
            (f"{count} silent servers at once: CPU", "below 1 %", f"{100 * seen[count][1]:.2f} %")]


def figure_kill(lab, mxassay, options, say):
    """Killed at random moments and resumed."""
    farm = Farm(lab, world.spread(options.kill_domains, min(options.servers, 2000)), say)
    count, draw, kills = len(farm.world.names), random.Random(), 0
    words = [str(word) for word in farm.command(mxassay, "names.txt", *TRANSPORT, "--resume", "--connect-timeout", "2", "--greeting-timeout", "3")]
    while True:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        try:
            status = process.wait(draw.uniform(0.05, 1.0) if kills < KILLS else None)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    seen = collections.Counter((report["seq"], report["input"]) for report in farm.reports())
    lost = sum((i + 1, name) not in seen for i, name in enumerate(farm.world.names))
    twice = sum(n > 1 for n in seen.values())
    if status > 2:
        raise LabError(f"the last run ended with status {status}")
    return [(f"kill -9 at {kills} random moments of {count} domains, resumed", "nothing lost, nothing twice", f"{lost} lost, {twice} twice")]


def figure_growth(lab, mxassay, options, say):
    """The first names of one world, and all: cost of each and memory."""
    farm = Farm(lab, world.spread(options.million, options.servers), say)
    names = farm.world.names
    rows, first = [], None
    for count in sorted({10000, options.million // 10, options.million}):
        (lab.folder / "part.txt").write_text("".join(name + "\n" for name in names[:count]))
        cost = farm.bulk(mxassay, *TRANSPORT, "--max-inflight", MANY_IN_FLIGHT, file="part.txt")
        say(f"bulk: growth: {count} domains: {cost.cpu_us / count:.0f} us each, {cost.rss_kb // 1024} MB, {cost.wall_us // 1000000} s")
        first = first or cost.cpu_us / count
        rows.append((f"{count} domains on {options.servers} servers, transport checks: CPU for each", "does not grow",
                     f"{cost.cpu_us / count:.0f} us ({cost.cpu_us / count / first:.2f} of that of the first)"))
        rows.append((f"{count} domains: memory at most", "400 MB", f"{cost.rss_kb // 1024} MB"))
    return rows


FIGURES = {
    "handshake": figure_handshake,
    "observe": figure_observe,
    "transport": figure_transport,
    "dns": figure_dns,
    "tarpit": figure_tarpit,
    "kill": figure_kill,
    "growth": figure_growth,
}
QUICK = ["handshake", "observe", "transport", "dns", "tarpit", "kill"]


def run(lab, mxassay, figure, options, say):
    """Rows (what, goal, value) of one figure."""
    say(f"bulk: {figure}")
    return FIGURES[figure](lab, mxassay, options, say)
