# SPDX-License-Identifier: Apache-2.0
"""A server that misbehaves in ways that no real server can be configured to, as overloaded ones and the devices in
front of them do. Usage: rude.py HABIT ADDRESS...; listens on port 25 of each address.

silent      accepts, and never says a word
closes      accepts, and closes without a word
resets      accepts, and resets the connection
no-ehlo     greets, and closes on EHLO
no-tls      offers STARTTLS, and closes on it
"""
import selectors
import socket
import struct
import sys
import threading

from world import Server

GREETING = b"220 @HOST@ ESMTP\r\n"
EHLO = b"250-@HOST@\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n250 STARTTLS\r\n"


def server(habit):
    """A server with one of these habits."""
    return Server(root=None, command=["/usr/bin/python3", __file__, habit, "@HOST@", "@IP4@", "@IP6@"], cert=None)


def nobody():
    """No server: the machine is there, the port is closed."""
    return Server(root=None, command=[], ports=(), cert=None)


def no_machine():
    """Nothing at the address; what is sent there gets lost."""
    return Server(root=None, command=[], ports=(), cert=None, absent=True)


def serve(habit, name, connection):
    connection.settimeout(300)
    with connection:
        if habit == "closes":
            return
        if habit == "resets":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if habit == "silent":
            while connection.recv(4096):
                pass
            return
        connection.sendall(GREETING.replace(b"@HOST@", name))
        for line in connection.makefile("rb"):
            if habit == "no-ehlo" or line.upper().startswith(b"STARTTLS"):
                return
            connection.sendall(EHLO.replace(b"@HOST@", name))


def main(habit, name, *addresses):
    waiting = selectors.DefaultSelector()
    for address in addresses:
        listener = socket.create_server((address, 25), family=socket.AF_INET6 if ":" in address else socket.AF_INET, backlog=64)
        waiting.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            connection, _ = key.fileobj.accept()
            threading.Thread(target=serve, args=(habit, name.encode(), connection), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
