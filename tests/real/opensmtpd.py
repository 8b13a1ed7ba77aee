# SPDX-License-Identifier: Apache-2.0
"""OpenSMTPD as Debian ships it: a sound MX, and ways to get it wrong."""
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


def server(tls=PKI, listen="tls pki lab", match="", filters="", key="rsa"):
    config = CONFIG.format(tls=tls, listen=listen, match=match, filters=filters)
    return Server(root="opensmtpd", command=["smtpd", "-d"], key=key, files={"/etc/smtpd.conf": config})


def no_tls(match=""):
    return server(tls="", listen="", match=match)


def open_relay():
    return no_tls(match='match from any for any action "outbound"')


def turns_away():
    """421 instead of a greeting."""
    return server(filters=AWAY.format("421 too busy, try later"), listen=FILTERED)


def refuses_client():
    """554 instead of a greeting."""
    return server(filters=AWAY.format("554 not you"), listen=FILTERED)
