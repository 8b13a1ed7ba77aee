# SPDX-License-Identifier: Apache-2.0
"""A server that misbehaves in ways that no real server can be configured to, as overloaded ones and the devices in
front of them do. Usage: rude.py HABIT ADDRESS...; listens on port 25 of each address.

silent      accepts, and never says a word
closes      accepts, and closes without a word
resets      accepts, and resets the connection
no-ehlo     greets, and closes on EHLO
no-tls      offers STARTTLS, and closes on it
"""
import socket
import struct
import sys

import habits
from world import Server

GREETING = b"220 @HOST@ ESMTP\r\n"
EHLO = b"250-@HOST@\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n250 STARTTLS\r\n"


def server(habit):
    """A server with one of these habits."""
    return habits.server(__file__, habit)


def nobody():
    """No server: the machine is there, the port is closed."""
    return Server(root=None, command=[], ports=(), cert=None)


def no_machine():
    """Nothing at the address; what is sent there gets lost."""
    return Server(root=None, command=[], ports=(), cert=None, absent=True)


def serve(habit, name, connection):
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


if __name__ == "__main__":
    habits.listen(serve, *sys.argv[1:])
