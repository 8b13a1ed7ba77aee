# SPDX-License-Identifier: Apache-2.0
"""OpenSMTPD from Debian's backports: a sound MX, and ways to get it wrong."""
from world import Server

CONFIG = """
{tls}
{filters}
listen on @IP4@ port 25 hostname @HOST@ {listen}
listen on @IP6@ port 25 hostname @HOST@ {listen}
action "local" mbox
action "outbound" relay
match from any for domain "@DOMAIN@" action "local"
{match}
"""

PKI = 'pki lab cert "/etc/lab/chain.pem"\npki lab key "/etc/lab/key.pem"'
AWAY = 'table everybody {{ 0.0.0.0/0, ::/0 }}\nfilter "away" phase connect match src <everybody> disconnect "{}"'
FILTERED = 'tls pki lab filter "away"'


def server(cert="good", tls=PKI, listen="tls pki lab", match="", filters="", key="ec", root="opensmtpd"):
    config = CONFIG.format(tls=tls, listen=listen, match=match, filters=filters)
    return Server(root=root, command=["smtpd", "-d"], cert=cert, key=key, files={"/etc/smtpd.conf": config})


def key_is_useless(key):
    """Debian 12's own build cannot use its keys with OpenSSL 3: it offers STARTTLS, takes it, and ends every handshake
    with an alert."""
    return server(key=key, root="opensmtpd-old")


def open_relay():
    return server(match='match from any for any action "outbound"')


def no_starttls():
    return server(tls="", listen="")


def auth_inside_tls():
    """AUTH on the MX port. Without TLS this server never offers AUTH."""
    return server(listen="tls pki lab auth-optional")


def turns_away():
    """421 instead of a greeting."""
    return server(filters=AWAY.format("421 too busy, try later"), listen=FILTERED)


def refuses_client():
    """554 instead of a greeting."""
    return server(filters=AWAY.format("554 not you"), listen=FILTERED)
