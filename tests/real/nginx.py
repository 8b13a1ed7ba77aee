# SPDX-License-Identifier: Apache-2.0
"""nginx as Debian ships it: one server with a site for each policy host, told apart by the name that a client sends."""
import dataclasses

from world import Server

CONFIG = """
daemon off;
user www-data;
pid /tmp/nginx.pid;
error_log stderr warn;
events { }
http {
    access_log off;
    default_type text/plain;
@DIRECTIVES@
@SITES@
}
"""

SITE = """
    server {
        listen @IP4@:443 @SSL@;
        listen [@IP6@]:443 @SSL@;
        server_name @NAME@;
        @CERTIFICATE@
        root /srv/@NAME@;
        @NGINX@
    }
"""


@dataclasses.dataclass
class Site:
    name: str
    chain: str          # PEM
    key: str
    policy: str | None  # what /.well-known/mta-sts.txt holds; None: there is none
    directives: str = ""


def server(sites, directives):
    """`directives` for all sites; without any there is no TLS."""
    files, text = {}, ""
    for site in sites:
        certificate = f"ssl_certificate /etc/lab/{site.name}.pem; ssl_certificate_key /etc/lab/{site.name}.key;" if directives else ""
        files |= {f"/etc/lab/{site.name}.pem": site.chain, f"/etc/lab/{site.name}.key": site.key, f"/srv/{site.name}/policy.txt": site.policy or ""}
        if site.policy is not None:
            files[f"/srv/{site.name}/.well-known/mta-sts.txt"] = site.policy
        words = {"@SSL@": "ssl" if directives else "", "@NAME@": site.name, "@CERTIFICATE@": certificate, "@NGINX@": site.directives}
        one = SITE
        for mark, value in words.items():
            one = one.replace(mark, value)
        text += one
    files["/etc/nginx/lab.conf"] = CONFIG.replace("@DIRECTIVES@", f"    {directives}").replace("@SITES@", text)
    return Server(root="nginx", command=["nginx", "-c", "/etc/nginx/lab.conf"], files=files, ports=(443,) if sites else (), cert=None)
