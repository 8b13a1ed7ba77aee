# SPDX-License-Identifier: Apache-2.0
"""A domain with two MX hosts at the far end of a long line: how many round trips a check takes, and how much memory."""
import json
import socket
import statistics
import time

from lab import PUBLIC, LabError, command
from scale import endpoints_of, require_whole_exchange

DELAY_MS = 25  # each way
NEAR, FAR = "198.19.0.1", ("198.19.0.11", "198.19.0.12")
DOMAIN = "two.test"
PINGS = 9


def stretch_line(lab, far_process):
    """Joins our namespace and the mail servers' by a line with a length."""
    for device in ("near0", "far0"):
        command("ip", "tuntap", "add", "dev", device, "mode", "tun")
    lab.start(lab.programs / "delay", "near0", "far0", str(DELAY_MS))
    far = str(far_process.pid)
    command("ip", "link", "set", "far0", "netns", far)
    command("ip", "addr", "add", f"{NEAR}/16", "dev", "near0")
    command("ip", "link", "set", "near0", "up")
    for ip in FAR:
        command("nsenter", "--target", far, "--net", "ip", "addr", "add", f"{ip}/16", "dev", "far0")
    command("nsenter", "--target", far, "--net", "ip", "link", "set", "far0", "up")


def round_trip_ms():
    """To open a TCP connection takes one."""
    times = []
    for i in range(PINGS):
        begin = time.monotonic()
        with socket.create_connection((FAR[i % len(FAR)], 25)):
            times.append((time.monotonic() - begin) * 1000)
    return statistics.median(times)


def check_once(lab, words):
    cost = lab.measure(*words)
    if cost.status > 2:
        raise LabError(f"check ended with status {cost.status}: {lab.printed()[-2000:]}")
    with open(lab.path("report.json"), encoding="utf-8") as content:
        return cost, json.load(content)


def run(lab, mxassay, rounds, signed, say):
    """Returns rows (what, value) for the table."""
    say(f"rtt: two MX hosts, {DELAY_MS} ms away each way")
    hosts = {ip: f"mx{i + 1}.{DOMAIN}" for i, ip in enumerate(FAR)}
    records = "".join(f"@ IN MX {10 * (i + 1)} {name}.\n{name}. IN A {ip}\n" for i, (ip, name) in enumerate(hosts.items()))
    names = lab.serve({DOMAIN: records}, hosts, signed)
    _, (far,) = lab.start_mail([(ip, 25, name) for ip, name in hosts.items()], "unshare", "--net")
    stretch_line(lab, far)
    check = [mxassay, "check", DOMAIN, "--json", "-o", lab.path("report.json"), "--treat-as-public", PUBLIC, "--no-control", "--ehlo", "probe.test",
             "--fail-on", "never", *names]
    endpoint_trips = {name: [] for name in hosts.values()}
    report_trips, process_trips, rss_kb = [], [], []
    for i in range(rounds):
        rtt_ms = round_trip_ms()
        cost, report = check_once(lab, [*check, "--ca-file", lab.path("root.pem")])
        for host in report["hosts"]:
            (endpoint,) = endpoints_of({"hosts": [host]})
            require_whole_exchange(host["host"], endpoint)
            endpoint_trips[host["host"]].append(endpoint["duration_ms"] / rtt_ms)
        report_trips.append(report["duration_ms"] / rtt_ms)
        process_trips.append(cost.wall_us / 1000 / rtt_ms)
        rss_kb.append(cost.rss_kb)
        say(f"rtt: round {i + 1} of {rounds}: endpoints {', '.join(f'{trips[-1]:.2f}' for trips in endpoint_trips.values())} round trips, "
            f"check {report_trips[-1]:.2f}, process {process_trips[-1]:.2f}")
    # The system's trust store does not know these servers' CA, but is searched for it all the same.
    system_store, _ = check_once(lab, check)
    return rows(endpoint_trips, report_trips, process_trips, max(rss_kb), system_store.rss_kb)


def rows(endpoint_trips, report_trips, process_trips, rss_kb, system_store_rss_kb):
    def both(values):
        return f"{min(values):.2f} / {statistics.median(values):.2f}"

    return [
        *((f"endpoint {name}, round trips (min / median)", both(trips)) for name, trips in endpoint_trips.items()),
        ("the whole check, round trips", both(report_trips)),
        ("the process, from exec to exit, round trips", both(process_trips)),
        ("peak memory with a CA file of one, MB", f"{rss_kb / 1024:.1f}"),
        ("peak memory with the system's trust store, MB", f"{system_store_rss_kb / 1024:.1f}"),
    ]
