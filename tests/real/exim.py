# SPDX-License-Identifier: Apache-2.0
"""Exim as Debian ships it (with GnuTLS), with a configuration of our own: a sound MX, and ways to get it wrong."""
from world import Server

CONFIG = """
primary_hostname = @HOST@
domainlist local_domains = @DOMAIN@
local_interfaces = <; @IP4@ ; @IP6@
daemon_smtp_ports = 25
log_file_path = /var/log/exim4/%slog
smtp_banner = {banner}
host_lookup =
acl_smtp_connect = acl_connect
acl_smtp_rcpt = acl_rcpt
tls_certificate = /etc/lab/chain.pem
tls_privatekey = /etc/lab/key.pem
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
{main}

begin acl
acl_connect:
  {connect}
  accept
acl_rcpt:
  {rcpt}
  accept  domains = +local_domains
  deny    message = relay not permitted

begin routers
local:
  driver = accept
  domains = +local_domains
  transport = nowhere

begin transports
nowhere:
  driver = appendfile
  file = /dev/null

begin authenticators
{authenticators}
"""

BANNER = "$smtp_active_hostname ESMTP"
STARTTLS = "tls_advertise_hosts = *"

PLAIN = """
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{someone}}{eq{$auth3}{her password}}}}
  server_set_id = $auth2
"""


def server(cert="good", main=STARTTLS, connect="", rcpt="", authenticators="", banner=BANNER, hold=0):
    config = CONFIG
    for mark, value in (("{main}", main), ("{banner}", banner), ("{connect}", connect), ("{rcpt}", rcpt), ("{authenticators}", authenticators)):
        config = config.replace(mark, value)
    return Server(root="exim", command=["exim4", "-bdf", "-v"], cert=cert, hold=hold, files={"/etc/exim4/exim4.conf": config},
                  setup="chown -R Debian-exim /etc/lab")


def open_relay():
    return server(rcpt="accept")


def no_starttls():
    return server(main="tls_advertise_hosts =")


def auth_in_clear():
    """Debian's own configuration asks for TLS first; this one forgot."""
    return server(authenticators=PLAIN)


def auth_inside_tls():
    return server(authenticators=PLAIN + "  server_advertise_condition = ${if def:tls_in_cipher}\n")


def greets_late(seconds):
    return server(connect=f"accept delay = {seconds}s")


def one_connection_per_client():
    """421 to a second connection of the same client, who has one already."""
    return server(main=STARTTLS + "\nsmtp_accept_max = 20\nsmtp_accept_max_per_host = 1", hold=1)


def refuses_client():
    """550 instead of a greeting, then closes: what a server does that knows the client's address for a bad one."""
    return server(connect="drop message = your address is on our list")


def drops_at_helo():
    """550 to EHLO, then closes."""
    return server(main=STARTTLS + "\nacl_smtp_helo = acl_helo", rcpt="accept domains = +local_domains\n  deny\nacl_helo:\n  drop message = not you")


def greylists():
    return server(rcpt="defer message = try again in five minutes")


def relays_percent():
    """Reads the local part of its own name as a route, as in the days of gateways."""
    percent = server(rcpt="accept domains = @HOST@\n          local_parts = ^.*%.*")
    return percent


def default_banner():
    """Exim's own greeting, with its version and the time."""
    return server(banner="$smtp_active_hostname ESMTP Exim $version_number $tod_full")


def key_is_gone():
    """Offers STARTTLS, but cannot do it: 454 to STARTTLS."""
    broken = server()
    broken.setup += "; rm /etc/lab/key.pem"
    return broken
