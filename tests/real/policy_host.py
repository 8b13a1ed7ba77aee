# SPDX-License-Identifier: Apache-2.0
"""The HTTPS host of a domain's MTA-STS policy. Usage: policy_host.py CHAIN KEY POLICY ADDRESS..."""
import http.server
import socket
import ssl
import sys
import threading

from world import Server


def server(chain, key, policy):
    """`policy`: a file with the policy's text."""
    return Server(root=None, command=["/usr/bin/python3", __file__, chain, key, policy, "@IP4@", "@IP6@"], ports=(443,), cert=None)


def main(chain, key, policy, *addresses):
    with open(policy, "rb") as content:
        body = content.read()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            found = self.path == "/.well-known/mta-sts.txt"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            if found:
                self.wfile.write(body)

    class V6(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    for address in addresses:
        web = (V6 if ":" in address else http.server.ThreadingHTTPServer)((address, 443), Handler)
        web.socket = context.wrap_socket(web.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=web.serve_forever).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
