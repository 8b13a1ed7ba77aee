# SPDX-License-Identifier: Apache-2.0
"""Many domains on distinct servers in one run: CPU for each endpoint against the floor client's, and memory."""
import json
import statistics

from lab import PUBLIC, LabError

IN_FLIGHT = 100


def domains_and_targets(count):
    """Domain i has one MX of its own name, with an address of its own."""
    domains, targets = {}, []
    for i in range(count):
        ip, domain = f"198.18.{1 + i // 250}.{1 + i % 250}", f"d{i + 1}.test"
        domains[domain] = f"@ IN MX 10 mx\nmx IN A {ip}\n@ IN TXT \"v=spf1 mx -all\"\n"
        targets.append((ip, 25, f"mx.{domain}"))
    return domains, targets


def endpoints_of(report):
    return [endpoint for host in report["hosts"] for address in host["addresses"] for endpoint in address["endpoints"]]


def require_whole_exchanges(file, count):
    """A run that did less than the floor client would look fast."""
    with open(file, encoding="utf-8") as content:
        reports = json.load(content)
    if len(reports) != count:
        raise LabError(f"{len(reports)} reports for {count} domains")
    for report in reports:
        name = report["target"]["name"]
        endpoints = endpoints_of(report)
        if len(endpoints) != 1:
            raise LabError(f"{name}: {len(endpoints)} endpoints instead of 1")
        for endpoint in endpoints:
            require_whole_exchange(name, endpoint)


def require_whole_exchange(name, endpoint):
    tls = endpoint["tls"] or {}
    seen = (endpoint["outcome"], tls.get("version"), tls.get("trusted"), tls.get("name_matches"), (endpoint["relay"] or {}).get("result"))
    if seen != ("completed", "TLSv1.3", True, True, "denied"):
        raise LabError(f"{name}: not the whole exchange: {seen}")


def run(lab, mxassay, count, rounds, signed, say):
    """Returns rows (what, value) for the table."""
    domains, targets = domains_and_targets(count)
    say(f"scale: {count} domains, {'signed' if signed else 'delegated without DS'}; making zones and servers")
    names = lab.serve(domains, {ip: name for ip, _, name in targets}, signed)
    targets_file, _ = lab.start_mail(targets)
    report = lab.path("report.json")
    check = [mxassay, "check", *domains, "--json", "-o", report, "--ports", "25", "--treat-as-public", PUBLIC, "--ca-file", lab.path("root.pem"),
             "--no-control", "--ehlo", "probe.test", "--fail-on", "never", *names]
    floor = [lab.programs / "floor", lab.path("root.pem"), targets_file, IN_FLIGHT]
    costs = {"floor": [], "dns": [], "check": []}
    for i in range(rounds):
        for kind, words in (("floor", floor), ("dns", [*check, "--no-smtp"]), ("check", check)):
            cost = lab.measure(*words)
            if cost.status > (0 if kind == "floor" else 2):
                raise LabError(f"{kind} ended with status {cost.status}: {lab.printed()[-2000:]}")
            costs[kind].append(cost)
        require_whole_exchanges(report, count)
        say(f"scale: round {i + 1} of {rounds}: us CPU an endpoint: " + ", ".join(f"{kind} {list_[-1].cpu_us // count}" for kind, list_ in costs.items()))
    return rows(costs, count)


def rows(costs, count):
    floor, dns, check = ([cost.cpu_us / count for cost in costs[kind]] for kind in ("floor", "dns", "check"))
    smtp = [c - d for c, d in zip(check, dns)]

    def both(values, form):
        return f"{min(values):{form}} / {statistics.median(values):{form}}"

    def ratio(values, least):
        by_round = [value / base for value, base in zip(values, floor)]
        return f"{least / min(floor):.2f} / {statistics.median(by_round):.2f}"

    return [
        ("floor client, us CPU an endpoint (min / median)", both(floor, ".0f")),
        ("check --no-smtp, us CPU a domain", both(dns, ".0f")),
        ("check, us CPU a domain and endpoint", both(check, ".0f")),
        ("check without its DNS part / floor", ratio(smtp, min(check) - min(dns))),
        ("check, all of it / floor", ratio(check, min(check))),
        (f"check of {count} domains, peak memory, MB", f"{max(cost.rss_kb for cost in costs['check']) / 1024:.1f}"),
        ("floor client, peak memory, MB", f"{max(cost.rss_kb for cost in costs['floor']) / 1024:.1f}"),
    ]
