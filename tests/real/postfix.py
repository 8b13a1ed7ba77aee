# SPDX-License-Identifier: Apache-2.0
"""Postfix as Debian ships it, with a main.cf of our own: a sound MX, and ways to get it wrong."""
from world import Server

MAIN = {
    "compatibility_level": "3.6",
    "maillog_file": "/dev/stdout",
    "myhostname": "@HOST@",
    "mydestination": "@DOMAIN@",
    "mynetworks": "127.0.0.0/8 [::1]/128",
    "inet_interfaces": "@IP4@ @IP6@",
    "smtpd_banner": "$myhostname ESMTP",
    "message_size_limit": "52428800",
    "local_recipient_maps": "",
    "alias_maps": "",
    "smtpd_relay_restrictions": "permit_mynetworks reject_unauth_destination",
    "smtpd_tls_security_level": "may",
    "smtpd_tls_chain_files": "/etc/lab/both.pem",
    "smtpd_tls_loglevel": "1",
}

SMTPD = "smtp      inet  n       -       n       -       -       smtpd\n"
# postscreen looks at a client before it hands it to smtpd.
POSTSCREEN = """\
smtp      inet  n       -       n       -       1       postscreen
smtpd     pass  -       -       n       -       -       smtpd
dnsblog   unix  -       -       n       -       0       dnsblog
tlsproxy  unix  -       -       n       -       0       tlsproxy
"""
MASTER = """\
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
local     unix  -       n       n       -       -       local
anvil     unix  -       -       n       -       1       anvil
postlog   unix-dgram n  -       n       -       1       postlogd
"""


def server(cert="good", listener=SMTPD, files=None, hold=0, **settings):
    """A sound server; `settings` go over those of MAIN."""
    main = "".join(f"{name} = {value}\n" for name, value in (MAIN | settings).items())
    return Server(root="postfix", command=["postfix", "start-fg"], cert=cert, hold=hold,
                  files={"/etc/postfix/main.cf": main, "/etc/postfix/master.cf": listener + MASTER} | (files or {}))


def open_relay():
    """Everybody's mail for everybody."""
    return server(mynetworks="0.0.0.0/0 [::]/0")


def debian_relay_denial():
    """Denies relaying with 454, as Debian's own main.cf does."""
    return server(smtpd_relay_restrictions="permit_mynetworks defer_unauth_destination")


def refuses_postmaster():
    """By a rule of its own: of its accord Postfix knows no domain without."""
    return server(smtpd_recipient_restrictions="check_recipient_access inline:{ {postmaster@ = 550 5.1.1 No such user} }")


def blocks_clients():
    """Turns every client away; Postfix says so at RCPT (smtpd_delay_reject)."""
    return server(smtpd_client_restrictions="reject")


def no_starttls():
    return server(smtpd_tls_security_level="none")


def auth_in_clear():
    """Offers AUTH before TLS; Cyrus SASL is what Postfix uses by default."""
    return server(smtpd_sasl_auth_enable="yes", smtpd_tls_auth_only="no",
                  files={"/etc/postfix/sasl/smtpd.conf": "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n"})


def postscreen():
    """Says half of its greeting, waits 8 seconds for clients that cannot, then says the rest."""
    return server(listener=POSTSCREEN, postscreen_greet_action="enforce", postscreen_greet_wait="8s", postscreen_access_list="")


def greets_late(seconds):
    return server(smtpd_delay_reject="no", smtpd_client_restrictions=f"sleep {seconds}")


def one_connection_per_client():
    """421 to a second connection of the same client, who has one already."""
    return server(smtpd_client_connection_count_limit="1", hold=1)


def refuses_client():
    """554 to this client's first command, as servers do that know its address for a bad one."""
    return server(smtpd_delay_reject="no", smtpd_client_restrictions="reject")


def tls12_only():
    return server(smtpd_tls_protocols=">=TLSv1.2, <=TLSv1.2", smtpd_tls_mandatory_protocols=">=TLSv1.2, <=TLSv1.2")


def wants_tls():
    """530 to MAIL before TLS."""
    return server(smtpd_tls_security_level="encrypt")


def believes_postmaster():
    """Whoever says that he is the domain's postmaster may send anywhere."""
    return server(smtpd_relay_restrictions="permit_mynetworks check_sender_access inline:{{postmaster@@DOMAIN@=permit}} reject_unauth_destination")


def takes_all_names():
    """The host's own name is a mail domain too, and odd names in it are names as any other. Otherwise this server denies
    all that looks like a route."""
    return server(mydestination="@DOMAIN@ @HOST@", allow_untrusted_routing="yes", allow_percent_hack="no", swap_bangpath="no",
                  resolve_dequoted_address="no")


def two_keys(usual, other):
    """An EC certificate and an RSA one."""
    two = server(cert=usual, smtpd_tls_chain_files="/etc/lab/both.pem /etc/lab/other-both.pem")
    two.other_cert = other
    return two


def needs_sni():
    """The host's own certificate is given to clients that name it."""
    sni = server(smtpd_tls_chain_files="/etc/lab/other-both.pem", tls_server_sni_maps="inline:{@HOST@=/etc/lab/both.pem}")
    sni.other_cert = "wrong-name"
    return sni


def discards_starttls():
    """Neither lists STARTTLS nor takes it."""
    return server(smtpd_discard_ehlo_keywords="starttls")


def small_messages():
    """The package's own limit of 10 MB, a little under 10 MiB."""
    return server(message_size_limit="10240000")
