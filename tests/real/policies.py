# SPDX-License-Identifier: Apache-2.0
"""Policies of MTA-STS behind Debian's nginx, and records of TLS-RPT: right and wrong in each of the usual ways, with Postfix as the mail
servers they are about. Each domain must have exactly its findings of the areas mtasts and tlsrpt, and nothing unknown that is not
expected.
"""
import concurrent.futures
import dataclasses
import json
import sys
import time

import expect
import lab
import names as lab_names
import nginx
import postfix
from lab import say

AT_ONCE = 12
CHECK_S = 120
MAIL = "hosts.test"
SERVERS = {"mx1": postfix.server(), "mx2": postfix.server(), "mx-expired": postfix.server(cert="expired"), "mx-clear": postfix.no_starttls()}
GOOD = ["version: STSv1", "mode: enforce", f"mx: mx1.{MAIL}", f"mx: mx2.{MAIL}", "max_age: 604800"]
RECORD = ['"v=STSv1; id=20261125;"']
REPORTS = ['"v=TLSRPTv1; rua=mailto:tls@@DOMAIN@"']


@dataclasses.dataclass
class Case:
    name: str
    fail: str = ""                      # ids; exactly these
    unknown: str = ""                   # id:reason
    policy: list[str] | None = dataclasses.field(default_factory=lambda: list(GOOD))   # None: there is no file
    end: str = "\r\n"                   # of each line
    mx: tuple[str, ...] = ("mx1", "mx2")
    record: list[str] = dataclasses.field(default_factory=lambda: list(RECORD))
    reports: list[str] = dataclasses.field(default_factory=lambda: list(REPORTS))
    web: str = "web"                    # of WEB; or "mx1", where nothing listens on port 443; or "": no address
    families: tuple[int, ...] = (4, 6)  # of the policy host's addresses
    cert: str = "good"                  # of pki.LEAVES
    nginx: str = ""                     # directives
    options: tuple[str, ...] = ()

    @property
    def domain(self):
        return self.name + ".test"


def with_line(old, new):
    """The good policy with a line replaced, left out or doubled."""
    return [part for line in GOOD for part in ([line] if line != old else [new] if isinstance(new, str) else new)]


FETCH, TLS, SYNTAX, FORM = "mtasts.policy-fetch", "mtasts.policy-tls", "mtasts.policy-syntax", "mtasts.policy-form"
TESTING = with_line("mode: enforce", "mode: testing")

CASES = [
    Case("good"),
    Case("nothing", "mtasts.published tlsrpt.published", record=[], reports=[], web=""),
    # the record
    Case("two-records", "mtasts.record", record=['"v=STSv1; id=1;"', '"v=STSv1; id=2;"']),
    Case("no-id", "mtasts.record", record=['"v=STSv1;"']),
    Case("other-text", record=['"v=STSv1; id=1;"', '"google-site-verification=x"', '"v=STSv12; id=3"']),
    Case("record-in-parts", record=['"v=ST" "Sv1; i" "d=1;"']),
    # the way to the policy
    Case("missing", FETCH, policy=None),
    Case("redirect", FETCH, nginx="return 301 https://www.$host$request_uri;"),
    Case("redirect-to-good", FETCH, nginx="rewrite ^/.well-known/mta-sts.txt$ https://$host/policy.txt redirect;"),
    Case("forbidden", FETCH, nginx="location /.well-known/ { deny all; }"),
    Case("too-many-requests", "", FETCH + ":throttled", nginx="return 429;"),
    Case("hangs-up", "", FETCH + ":throttled", nginx="return 444;"),
    Case("too-large", FETCH, policy=[*GOOD, *["x-padding: " + "x" * 90] * 700]),
    Case("slow", FETCH, nginx="limit_rate 2;"),
    Case("refused", FETCH, web="mx1"),
    Case("no-address", FETCH, web=""),
    Case("only-v4", families=(4,)),
    Case("only-v6", families=(6,)),
    Case("gzip", nginx="gzip on; gzip_types text/plain; gzip_min_length 1;"),
    Case("chunked", nginx="ssi on; ssi_types text/plain;"),
    # its HTTPS
    Case("wrong-name", TLS, cert="wrong-name"),
    Case("expired", TLS, cert="expired"),
    Case("self-signed", TLS, cert="self-signed"),
    Case("old-tls", TLS, web="old"),
    Case("no-tls", FETCH, web="clear"),
    # the file
    Case("lf", end="\n"),
    Case("unknown-fields", policy=[*GOOD[:2], "x-new: 1", "MX: ignored.example", *GOOD[2:], "mode: none"]),
    Case("wildcard", policy=[*GOOD[:2], f"mx: *.{MAIL}", GOOD[-1]]),
    Case("wildcard-too-high", "mtasts.mx-covered " + FORM, policy=[*GOOD[:2], "mx: *.test", GOOD[-1]]),
    Case("bad-mode", SYNTAX, policy=with_line("mode: enforce", "mode: enforced")),
    Case("no-mx", SYNTAX, policy=[GOOD[0], GOOD[1], GOOD[-1]]),
    Case("html", SYNTAX, policy=["<!DOCTYPE html>", "<html>not here</html>"]),
    Case("html-type", FORM, nginx="default_type text/html;"),
    Case("short-lived", FORM, policy=with_line("max_age: 604800", "max_age: 604799")),
    Case("dead-pattern", FORM, policy=[*GOOD, f"mx: old.{MAIL}"]),
    Case("mode-none", "mtasts.mode", policy=[GOOD[0], "mode: none", GOOD[-1]]),
    # the mail servers
    Case("uncovered", "mtasts.mx-covered", policy=with_line(f"mx: mx2.{MAIL}", [])),
    Case("server-expired", "mtasts.mx-certificate", mx=("mx1", "mx-expired"), policy=with_line(f"mx: mx2.{MAIL}", f"mx: mx-expired.{MAIL}")),
    Case("server-clear", "mtasts.mx-tls", mx=("mx1", "mx-clear"), policy=with_line(f"mx: mx2.{MAIL}", f"mx: mx-clear.{MAIL}")),
    Case("testing", "mtasts.mode", policy=TESTING),
    Case("testing-uncovered", "mtasts.mode mtasts.testing-violation", policy=[line for line in TESTING if "mx2" not in line]),
    Case("testing-expired", "mtasts.mode mtasts.testing-violation", mx=("mx1", "mx-expired"), policy=[*TESTING[:3], f"mx: mx-expired.{MAIL}", GOOD[-1]]),
    # reports
    Case("rpt-two", "tlsrpt.record", reports=[*REPORTS, '"v=TLSRPTv1; rua=mailto:b@@DOMAIN@"']),
    Case("rpt-ftp", "tlsrpt.record", reports=['"v=TLSRPTv1; rua=ftp://x.test"']),
    Case("rpt-gone", "tlsrpt.destination", reports=['"v=TLSRPTv1; rua=mailto:tls@gone.test"']),
    Case("rpt-web", reports=[f'"v=TLSRPTv1; rua=https://web.{MAIL}/tls"']),
    # what is assumed
    Case("assume-good", mx=("mx-clear",), options=("--assume", f"MX 10 mx1.{MAIL}", "--assume", f"MX 20 mx2.{MAIL}.")),
    Case("assume-other", "mtasts.mx-covered " + FORM, options=("--assume", f"MX 10 mx-clear.{MAIL}")),
    Case("assume-policy", "mtasts.published", record=[], web="", options=("--assume-policy", "@POLICY@")),
    Case("assume-both", "mtasts.published mtasts.mx-covered " + FORM, record=[], web="",
         options=("--assume-policy", "@POLICY@", "--assume", f"MX 10 mx-expired.{MAIL}")),
]

# Web servers; directives of one without TLS are empty. Versions belong to an address, not to a site.
WEB = {"web": "ssl_protocols TLSv1.2 TLSv1.3;", "old": "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;", "clear": ""}


class Policies(lab.Lab):
    def place_hosts(self):
        """The mail servers and the web servers, all names of one domain."""
        servers = dict(SERVERS)
        for label, directives in WEB.items():
            servers[label] = nginx.server([self.site(case) for case in self.cases if case.web == label], directives)
        self.hosts = {label: self.world.place(f"{label}.{MAIL}", MAIL, server) for label, server in servers.items()}
        for host in self.hosts.values():
            for address in host.addresses:
                self.names.add_ptr(address, host.name)
        self.names.add_domain(MAIL, "@ MX 10 mx1\n" + "".join(map(lab_names.addresses_of, self.hosts.values())), "insecure")

    def site(self, case):
        host = f"mta-sts.{case.domain}"
        files = self.pki.server_files(case.name, case.cert, host, "ec")
        policy = None if case.policy is None else "".join(line + case.end for line in case.policy)
        return nginx.Site(host, files["/etc/lab/chain.pem"], files["/etc/lab/key.pem"], policy, case.nginx)

    def add_domain(self, case):
        text = "".join(f"@ MX {10 * (i + 1)} {self.hosts[label].name}.\n" for i, label in enumerate(case.mx))
        text += "".join(f"_mta-sts TXT {record}\n" for record in case.record)
        text += "".join(f"_smtp._tls TXT {record.replace('@DOMAIN@', case.domain)}\n" for record in case.reports)
        if case.web:
            host = self.hosts[case.web]
            text += "".join(f"mta-sts {'A' if family == 4 else 'AAAA'} {host.ip4 if family == 4 else host.ip6}\n" for family in case.families)
        self.names.add_domain(case.domain, text, "insecure")

    def start(self):
        self.place_names()
        self.place_hosts()
        for case in self.cases:
            self.add_domain(case)
        self.policy = self.write("policy.txt", "\n".join(GOOD))
        self.start_hosts()

    def check(self, case):
        words = self.words("check", case.domain, "--checks", "mtasts,tlsrpt", "--resolver", "recursive", "--no-control", "--fail-on", "never",
                           *[self.policy if word == "@POLICY@" else word for word in case.options])
        start = time.monotonic()
        done = self.run_mxassay(words, CHECK_S)
        return words, done, time.monotonic() - start

    def judge(self, case, words, done, seconds):
        """Prints the verdict on a case; True when all was as expected."""
        wrong, shown = [], []
        try:
            report = json.loads(done.stdout)
            wrong += expect.schema_errors(report)
            found = {f["id"] if f["verdict"] == "fail" else f"{f['id']}:{f['reason']}" for f in report["findings"]}
            wanted = {*case.fail.split(), *case.unknown.split()}
            wrong += [f"expected, not got: {name}" for name in sorted(wanted - found)] + [f"got, not expected: {name}" for name in sorted(found - wanted)]
            shown = sorted({f"{f['id']}: {f['detail']}" for f in report["findings"]})
        except ValueError as error:
            wrong.append(f"no report: {error}; {done.stderr.strip()}")
        print(f"{'FAILED' if wrong else 'ok    '} {case.name:20} {seconds:5.1f} s  {'  '.join(shown) if not wrong else ''}", flush=True)
        if wrong:
            print("\n".join(f"    {line}" for line in [*wrong, *shown, "$ " + " ".join(words)]), flush=True)
        return not wrong

    def run(self):
        begin = time.monotonic()
        self.start()
        say(f"{len(self.world.hosts)} hosts are up after {time.monotonic() - begin:.0f} s")
        passed = 0
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            running = {pool.submit(self.check, case): case for case in self.cases}
            for done in concurrent.futures.as_completed(running):
                passed += self.judge(running[done], *done.result())
        say(f"{time.monotonic() - begin:.0f} s in all")
        print(f"{passed} passed, {len(self.cases) - passed} failed", flush=True)
        return passed == len(self.cases)


if __name__ == "__main__":
    sys.exit(lab.main(Policies, CASES, *sys.argv[1:]))
