# SPDX-License-Identifier: Apache-2.0
"""Sendmail as Debian ships it, its configuration written by its own m4 macros: a sound MX, and ways to get it wrong."""
from world import Server

CONFIG = """
divert(0)dnl
OSTYPE(`debian')dnl
define(`confDOMAIN_NAME', `@HOST@')dnl
define(`confSMTP_LOGIN_MSG', `{banner}')dnl
define(`confTO_IDENT', `0s')dnl
define(`confPRIVACY_FLAGS', `goaway')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`access_db', `hash -T<TMPF> /etc/lab/access')dnl
{features}
DAEMON_OPTIONS(`Family=inet, Name=v4, Port=smtp, Addr=@IP4@{modifiers}')dnl
DAEMON_OPTIONS(`Family=inet6, Name=v6, Port=smtp, Addr=@IP6@{modifiers}')dnl
LOCAL_DOMAIN(`@DOMAIN@')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""

# It sends the certificates of its CA file that lead on from its own.
STARTTLS = """\
define(`confSERVER_CERT', `/etc/lab/chain.pem')dnl
define(`confSERVER_KEY', `/etc/lab/key.pem')dnl
define(`confCACERT', `/etc/lab/chain.pem')dnl
define(`confCACERT_PATH', `/etc/lab')dnl
"""

MAKE = """
m4 /usr/share/sendmail/cf/m4/cf.m4 /etc/mail/sendmail.mc > /etc/mail/sendmail.cf
makemap hash /etc/lab/access < /etc/lab/access
mkdir -p /run/sendmail/mta
"""


def server(cert="good", features=STARTTLS, banner="$j", access="", no_auth=True, hold=0):
    """`no_auth`: its daemons offer AUTH by default, with what Cyrus SASL has."""
    config = CONFIG.format(features=features, banner=banner, modifiers=", M=A" if no_auth else "")
    return Server(root="sendmail", command=["sendmail", "-bD", "-q1h", "-X", "/dev/stderr"], cert=cert, hold=hold, setup=MAKE,
                  files={"/etc/mail/sendmail.mc": config, "/etc/lab/access": access})


def open_relay():
    return server(features=STARTTLS + "FEATURE(`promiscuous_relay')dnl\n")


def no_starttls():
    return server(features="")


def auth_in_clear():
    """Sendmail offers AUTH before TLS unless it is told not to."""
    return server(no_auth=False, features=STARTTLS + "define(`confAUTH_MECHANISMS', `LOGIN PLAIN')dnl\nTRUST_AUTH_MECH(`LOGIN PLAIN')dnl\n")


def greets_late(seconds):
    return server(features=STARTTLS + f"FEATURE(`greet_pause', `{seconds}000')dnl\n")


def one_connection_per_client():
    """421 to a second connection of the same client, who has one already."""
    return server(features=STARTTLS + "FEATURE(`conncontrol', `nodelay', `terminate')dnl\n", access="ClientConn: 1\n", hold=1)


def auth_by_challenge():
    """AUTH as it comes with the package: mechanisms that show no password."""
    return server(no_auth=False)


def refuses_client():
    """Greets and answers EHLO with next to nothing, and then says 550 to whatever this client wants."""
    refusal = "ERROR:550 5.7.1 your address is on our list"
    return server(access=f"Connect:192.0.2 {refusal}\nConnect:IPv6:2001:db8:c {refusal}\n")


def default_banner():
    """Its own greeting, with its version and that of its configuration."""
    return server(banner="$j Sendmail $v/$Z; $b")
