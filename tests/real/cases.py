# SPDX-License-Identifier: Apache-2.0
"""The table: a mail domain each, the servers behind it, and what mxassay must say about it, no more and no less.

A case named `x` is the domain `x.test` with the hosts mx1.x.test, mx2.x.test, ... (preference 10, 20, ...), each with
an IPv4 and an IPv6 address, a PTR that leads back, and its row's server; its zone is signed unless the row says else.

errors, warnings, notices   ids that must fail, and no others may: on every object they can be about, or, as
                            `id@mx2`, `id@v6`, on those of that host or family only
unknowns                    `id:reason`, or `id@which:reason`, that must be unknown for a reason of their own
"""
import dataclasses

import dovecot
import exim
import opensmtpd
import postfix
import rude
import sendmail
from world import Server

ONE_HOST = "mx.redundancy"                                   # a domain with a single MX host
EXIM = "smtp.baseline-extensions"                            # Exim has no ENHANCEDSTATUSCODES
OPENSMTPD = "smtp.baseline-extensions smtp.modern-extensions"  # no PIPELINING, CHUNKING, SMTPUTF8
SENDMAIL = "smtp.modern-extensions"                          # no CHUNKING, SMTPUTF8
# What single further connections tell; what the survey of TLS finds in the defaults of products is left aside.
DEEP = ("--deep", "--checks", "net,mx,smtp,relay,cert,tls.starttls-stripped,tls.starttls-offered,tls.starttls-stable,tls.starttls-accepted,tls.handshake,"
        "tls.without-sni")
POSTMASTER = ("--postmaster",)
THROTTLED = {"notices": "smtp.probe-accepted", "status": "inconclusive", "tls13": False}


@dataclasses.dataclass
class Case:
    name: str
    servers: list[Server] = dataclasses.field(default_factory=list)
    errors: str = ""
    warnings: str = ""
    notices: str = ""
    unknowns: str = ""
    tls13: bool = True        # some handshake is TLS 1.3: tls.pq-hybrid is unknown, our library has no hybrid group
    status: str = ""          # summary.status; "": what errors and warnings make it
    zone: str = "signed"      # signed, insecure, bogus
    records: str | None = None  # records of the zone in place of the MX records that it would have
    exists: bool = True       # False: the domain is not delegated
    probe: str = ""           # probes this host and port instead of checking the domain
    options: tuple[str, ...] = ()
    client: str = "client"    # a key of world.CLIENTS
    habits: str | None = None  # notices that belong to the kind of server, on top of `notices`
    ptr: str | None = None    # PTR of every address instead of the host's name; "": none
    auth: str = ""            # the endpoint's auth.result
    needs: str = ""           # another case whose servers this one uses

    @property
    def domain(self):
        return self.name + ".test"


def one(name, server, habits="", **row):
    """A domain with one MX host."""
    return Case(name, [server], habits=f"{ONE_HOST} {habits}", **row)


def submission(name, server, port, **row):
    """A probe of one port of a submission server."""
    return Case(name, [server], probe=f"mx1.@DOMAIN@:{port}", **row)


def login(name, server):
    """Two probes with AUTH: with the right password and with a wrong one."""
    def attempt(label, servers, password, result, needs=""):
        return Case(label, servers, probe=f"mx1.{name}.test:587", auth=result, needs=needs,
                    options=("--auth-user", dovecot.USER, "--auth-password-file", password))

    return [attempt(name, [server], "@PASSWORD@", "accepted"), attempt(name + "-wrong", [], "@WRONG-PASSWORD@", "refused", needs=name)]


CASES = [
    # Two MX hosts in different networks, all as it should be.
    Case("postfix-healthy", [postfix.server(), postfix.server()]),
    Case("exim-healthy", [exim.server(), exim.server()], habits=EXIM),
    Case("sendmail-healthy", [sendmail.server(), sendmail.server()], habits=SENDMAIL),
    Case("opensmtpd-healthy", [opensmtpd.server(), opensmtpd.server(key="rsa")], habits=OPENSMTPD),

    one("postfix-open-relay", postfix.open_relay(), errors="relay.rcpt-refused"),
    one("postfix-relay-454", postfix.debian_relay_denial()),
    one("postfix-postmaster", postfix.server(), options=POSTMASTER),
    one("postfix-postmaster-no", postfix.refuses_postmaster(), warnings="smtp.postmaster", options=POSTMASTER),
    one("postfix-postmaster-blocked", postfix.blocks_clients(), unknowns="smtp.postmaster:refused_us", options=POSTMASTER),
    one("postfix-expired", postfix.server(cert="expired"), warnings="cert.dates"),
    one("postfix-wrong-name", postfix.server(cert="wrong-name"), notices="cert.name-match"),
    one("postfix-self-signed", postfix.server(cert="self-signed"), notices="cert.trusted"),
    one("postfix-no-starttls", postfix.no_starttls(), errors="tls.starttls-offered", tls13=False),
    one("postfix-auth-in-clear", postfix.auth_in_clear(), warnings="smtp.auth-cleartext"),
    one("postfix-postscreen", postfix.postscreen()),
    one("postfix-greets-late", postfix.greets_late(35), warnings="smtp.greeting-delay"),
    one("postfix-421", postfix.one_connection_per_client(), unknowns="smtp.greeting:throttled", **THROTTLED),
    one("postfix-refuses-us", postfix.refuses_client(), unknowns="smtp.greeting:refused_us", **THROTTLED),
    one("postfix-tls12", postfix.tls12_only(), notices="tls.version-13", tls13=False),
    one("postfix-small-messages", postfix.small_messages(), notices="smtp.baseline-extensions"),

    one("exim-open-relay", exim.open_relay(), EXIM, errors="relay.rcpt-refused"),
    one("exim-greylists", exim.greylists(), EXIM, unknowns="relay.rcpt-refused:greylisted"),
    one("exim-expired", exim.server(cert="expired"), EXIM, warnings="cert.dates"),
    one("exim-wrong-name", exim.server(cert="wrong-name"), EXIM, notices="cert.name-match"),
    one("exim-self-signed", exim.server(cert="self-signed"), EXIM, notices="cert.trusted"),
    one("exim-no-starttls", exim.no_starttls(), EXIM, errors="tls.starttls-offered", tls13=False),
    one("exim-key-is-gone", exim.key_is_gone(), EXIM, errors="tls.starttls-accepted", tls13=False),
    one("exim-auth-in-clear", exim.auth_in_clear(), EXIM, warnings="smtp.auth-cleartext"),
    one("exim-auth-inside-tls", exim.auth_inside_tls(), EXIM, notices="smtp.auth-on-mx"),
    one("exim-delay-8", exim.greets_late(8), EXIM),
    one("exim-greets-late", exim.greets_late(35), EXIM, warnings="smtp.greeting-delay"),
    one("exim-421", exim.one_connection_per_client(), unknowns="smtp.greeting:throttled", **THROTTLED),
    one("exim-refuses-us", exim.refuses_client(), unknowns="smtp.greeting:refused_us", **THROTTLED),
    one("exim-drops-at-helo", exim.drops_at_helo(), unknowns="smtp.ehlo:refused_us", **THROTTLED),
    one("exim-default-banner", exim.default_banner(), EXIM, notices="smtp.software-disclosed"),

    one("opensmtpd-open-relay", opensmtpd.open_relay(), OPENSMTPD, errors="relay.rcpt-refused"),
    one("opensmtpd-expired", opensmtpd.server(cert="expired"), OPENSMTPD, warnings="cert.dates"),
    one("opensmtpd-wrong-name", opensmtpd.server(cert="wrong-name"), OPENSMTPD, notices="cert.name-match"),
    one("opensmtpd-self-signed", opensmtpd.server(cert="self-signed"), OPENSMTPD, notices="cert.trusted"),
    one("opensmtpd-no-starttls", opensmtpd.no_starttls(), OPENSMTPD, errors="tls.starttls-offered", tls13=False),
    one("opensmtpd-rsa-key-is-useless", opensmtpd.key_is_useless("rsa"), OPENSMTPD, errors="tls.handshake", tls13=False),
    one("opensmtpd-ec-key-is-useless", opensmtpd.key_is_useless("ec"), OPENSMTPD, errors="tls.handshake", tls13=False),
    one("opensmtpd-auth-inside-tls", opensmtpd.auth_inside_tls(), OPENSMTPD, notices="smtp.auth-on-mx"),
    one("opensmtpd-421", opensmtpd.turns_away(), unknowns="smtp.greeting:throttled", **THROTTLED),
    one("opensmtpd-refuses-us", opensmtpd.refuses_client(), unknowns="smtp.greeting:refused_us", **THROTTLED),

    one("sendmail-open-relay", sendmail.open_relay(), SENDMAIL, errors="relay.rcpt-refused"),
    one("sendmail-expired", sendmail.server(cert="expired"), SENDMAIL, warnings="cert.dates"),
    one("sendmail-wrong-name", sendmail.server(cert="wrong-name"), SENDMAIL, notices="cert.name-match"),
    one("sendmail-self-signed", sendmail.server(cert="self-signed"), SENDMAIL, notices="cert.trusted"),
    one("sendmail-no-starttls", sendmail.no_starttls(), SENDMAIL, errors="tls.starttls-offered", tls13=False),
    one("sendmail-auth-in-clear", sendmail.auth_in_clear(), SENDMAIL, warnings="smtp.auth-cleartext"),
    one("sendmail-auth-by-challenge", sendmail.auth_by_challenge(), SENDMAIL, notices="smtp.auth-on-mx"),
    one("sendmail-pause-8", sendmail.greets_late(8), SENDMAIL),
    one("sendmail-greets-late", sendmail.greets_late(35), SENDMAIL, warnings="smtp.greeting-delay"),
    one("sendmail-421", sendmail.one_connection_per_client(), unknowns="smtp.greeting:throttled", **THROTTLED),
    one("sendmail-refuses-us", sendmail.refuses_client(), unknowns="smtp.ehlo:refused_us", **THROTTLED),
    one("sendmail-default-banner", sendmail.default_banner(), SENDMAIL, notices="smtp.software-disclosed"),

    # Submission, probed as one server.
    submission("dovecot-587", dovecot.server(), 587),
    submission("dovecot-465", dovecot.server(), 465),
    submission("dovecot-expired", dovecot.server(cert="expired"), 587, warnings="cert.dates"),
    submission("dovecot-wrong-name", dovecot.server(cert="wrong-name"), 465, notices="cert.name-match"),
    submission("dovecot-self-signed", dovecot.server(cert="self-signed"), 587, notices="cert.trusted"),
    submission("dovecot-auth-in-clear", dovecot.auth_in_clear(), 587, errors="smtp.submission-cleartext"),
    submission("dovecot-no-tls", dovecot.no_tls(), 587, errors="smtp.submission-cleartext", tls13=False),
    *login("dovecot-plain", dovecot.only("plain", "SHA512-CRYPT")),
    *login("dovecot-login", dovecot.only("login", "SHA512-CRYPT")),
    *login("dovecot-cram-md5", dovecot.only("cram-md5", "CRAM-MD5")),
    *login("dovecot-scram-sha-256", dovecot.only("scram-sha-256", "SCRAM-SHA-256")),
    *login("dovecot-all-mechanisms", dovecot.only("plain login cram-md5 scram-sha-256", "SCRAM-SHA-256")),

    # Looked at closely: what healthy servers do with clear text behind STARTTLS and odd recipients, each in its own way.
    Case("postfix-deep", [postfix.server(), postfix.server()], options=DEEP, tls13=False),
    one("postfix-wants-tls", postfix.wants_tls(), options=DEEP, tls13=False, notices="smtp.plaintext-refused"),
    one("postfix-believes-postmaster", postfix.believes_postmaster(), options=DEEP, tls13=False, errors="relay.other-senders"),
    one("postfix-takes-all-names", postfix.takes_all_names(), options=DEEP, tls13=False, unknowns="relay.address-forms:internal"),
    one("postfix-forgot-rsa", postfix.two_keys("good", "expired"), options=DEEP, tls13=False, warnings="cert.algorithm-parity"),
    one("postfix-two-keys", postfix.two_keys("good", "good"), options=DEEP, tls13=False),
    one("postfix-needs-sni", postfix.needs_sni(), options=DEEP, tls13=False, warnings="tls.without-sni"),
    one("postfix-discards-starttls", postfix.discards_starttls(), options=DEEP, errors="tls.starttls-offered", tls13=False),
    Case("exim-deep", [exim.server(), exim.server()], options=DEEP, tls13=False, habits=EXIM),
    one("exim-relays-percent", exim.relays_percent(), EXIM, options=DEEP, tls13=False, warnings="relay.address-forms"),
    Case("sendmail-deep", [sendmail.server(), sendmail.server()], options=DEEP, tls13=False, habits=SENDMAIL),
    Case("opensmtpd-deep", [opensmtpd.server(), opensmtpd.server(key="rsa")], options=DEEP, tls13=False, habits=OPENSMTPD),
    submission("dovecot-587-deep", dovecot.server(), 587, options=DEEP, tls13=False),
    submission("dovecot-465-deep", dovecot.server(), 465, options=DEEP, tls13=False),

    # A server that is silent or drops us proves nothing about TLS.
    one("rude-silent", rude.server("silent"), warnings="smtp.greeting-delay", unknowns="smtp.greeting:timeout", tls13=False),
    one("rude-closes", rude.server("closes"), errors="smtp.service", warnings="smtp.greeting", tls13=False),
    one("rude-resets", rude.server("resets"), unknowns="smtp.greeting:refused_us", **THROTTLED),
    one("rude-no-ehlo", rude.server("no-ehlo"), unknowns="smtp.ehlo:throttled", **THROTTLED),
    one("rude-no-tls", rude.server("no-tls"), unknowns="tls.starttls-accepted:throttled", notices="smtp.probe-accepted", tls13=False),

    # The backup is weaker, closed, or not there.
    Case("mixed-no-starttls", [postfix.server(), postfix.no_starttls()], errors="tls.starttls-offered@mx2",
         warnings="pool.starttls pool.backup-weaker"),
    Case("mixed-closed", [postfix.server(), rude.nobody()], warnings="net.port25-open@mx2 mx.host-reachable@mx2"),
    Case("mixed-filtered", [postfix.server(), rude.no_machine()], warnings="net.port25-open@mx2 mx.host-reachable@mx2"),
    one("all-closed", rude.nobody(), errors="mx.reachable", warnings="net.port25-open mx.host-reachable", tls13=False),

    # Our own side. A blocked port 25 accuses nobody.
    Case("egress-dropped", records="MX 10 mx1.postfix-healthy.test.", client="client-drop", habits=ONE_HOST, notices="net.egress",
         unknowns="net.port25-open:blocked_egress", status="inconclusive", tls13=False),
    Case("egress-reset", records="MX 10 mx1.postfix-healthy.test.", client="client-reset", habits=ONE_HOST, notices="net.egress",
         unknowns="net.port25-open:blocked_egress", status="inconclusive", tls13=False),
    Case("egress-unproven", records="MX 10 mx1.postfix-healthy.test.", client="client-drop", options=("--no-control",), habits=ONE_HOST,
         unknowns="net.egress:blocked_egress", status="inconclusive", tls13=False),
    Case("egress-no-ipv6", records="MX 10 mx1.postfix-healthy.test.", client="client-v4", habits=ONE_HOST, notices="net.egress",
         unknowns="net.port25-open@v6:blocked_egress"),

    # Names, with the servers of the healthy domain behind them.
    Case("dns-insecure", records="MX 10 mx1.postfix-healthy.test.", zone="insecure", habits=ONE_HOST, notices="dns.dnssec-signed"),
    Case("dns-bogus", records="MX 10 mx1.postfix-healthy.test.", zone="bogus", errors="dns.dnssec-valid", tls13=False),
    Case("dns-bogus-host", records="MX 10 mx1.postfix-healthy.test.\n@ MX 20 mx1.dns-bogus-zone.test.", habits=ONE_HOST,
         errors="dns.host-dnssec-valid@mx1.dns-bogus-zone.test"),
    Case("dns-nxdomain", exists=False, errors="dns.domain-exists", tls13=False),
    Case("dns-null-mx", records='MX 0 .\n@ TXT "v=spf1 -all"', tls13=False),
    Case("dns-null-mx-unlocked", records="MX 0 .", notices="mx.null-locked", tls13=False),
    Case("dns-nowhere", records='TXT "no mail, no address"', errors="mx.exists", tls13=False),
    Case("dns-target-missing", records="MX 10 mx1.postfix-healthy.test.\n@ MX 20 gone.postfix-healthy.test.", habits=ONE_HOST,
         warnings="mx.target-resolves@gone.postfix-healthy.test"),
    Case("dns-forwarder", records="MX 10 mx1.postfix-healthy.test.", habits=ONE_HOST, options=("--resolver", "198.51.100.13")),
    one("ptr-missing", postfix.server(), warnings="rdns.ptr-exists", ptr=""),
    one("ptr-unconfirmed", postfix.server(), warnings="rdns.fcrdns", ptr="ns1.lab.test"),
]

# Domains that others refer to and that are not checked themselves.
SUPPORT = [Case("dns-bogus-zone", [rude.nobody()], zone="bogus")]

# Proof that our own network lets port 25 out; these are up in every run.
CONTROLS = ("postfix-healthy", "exim-healthy")
