# SPDX-License-Identifier: Apache-2.0
"""Dovecot's submission service on 587 and 465 as Debian ships it; it hands mail on to a Postfix of the lab."""
from world import Server

USER, PASSWORD = "someone@lab.test", "her pass-phrase: 42 %s"
BACKEND = "mx1.postfix-healthy.test"

CONFIG = """
protocols = submission
listen = @IP4@, @IP6@
hostname = @HOST@
log_path = /dev/stderr
auth_verbose = yes
ssl = {ssl}
ssl_cert = </etc/lab/chain.pem
ssl_key = </etc/lab/key.pem
first_valid_uid = 1
mail_location = maildir:/tmp/mail
disable_plaintext_auth = {plaintext_inside_tls_only}
auth_mechanisms = {mechanisms}
passdb {{
  driver = passwd-file
  args = /etc/lab/users
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home=/tmp
}}
service submission-login {{
  inet_listener submission {{
    port = 587
  }}
  inet_listener submissions {{
    port = 465
    ssl = yes
  }}
}}
submission_relay_host = {backend}
submission_relay_port = 25
"""


def server(cert="good", ssl="required", clear=False, mechanisms="plain login", scheme="SHA512-CRYPT", ports=(587, 465)):
    """`scheme`: how the password is stored, which must fit the mechanisms."""
    config = CONFIG.format(ssl=ssl, plaintext_inside_tls_only="no" if clear else "yes", mechanisms=mechanisms, backend=BACKEND)
    return Server(root="dovecot", command=["dovecot", "-F"], cert=cert, ports=ports, files={"/etc/dovecot/dovecot.conf": config},
                  setup=f"echo '{USER}:'\"$(doveadm pw -s {scheme} -p '{PASSWORD}')\" > /etc/lab/users\nchown dovecot /etc/lab/users")


def auth_in_clear():
    """Takes passwords before TLS."""
    return server(ssl="yes", clear=True)


def no_tls():
    return server(ssl="no", clear=True, ports=(587,))  # without TLS it does not open 465


def only(mechanism, scheme):
    """Offers one mechanism."""
    return server(mechanisms=mechanism, scheme=scheme)
