# SPDX-License-Identifier: Apache-2.0
"""Servers of our own that have one habit: a program FILE HABIT NAME ADDRESS... that listens on port 25 of each address."""
import selectors
import socket
import threading

from world import Server

PORT, SESSION_S = 25, 300


def server(file, habit):
    return Server(root=None, command=["/usr/bin/python3", file, habit, "@HOST@", "@IP4@", "@IP6@"], cert=None)


def listen(serve, habit, name, *addresses):
    """serve(habit, name, connection) in a thread for each connection, which is closed behind it."""
    def one(connection):
        connection.settimeout(SESSION_S)
        with connection:
            serve(habit, name.encode(), connection)

    waiting = selectors.DefaultSelector()
    for address in addresses:
        listener = socket.create_server((address, PORT), family=socket.AF_INET6 if ":" in address else socket.AF_INET, backlog=64)
        waiting.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            connection, _ = key.fileobj.accept()
            threading.Thread(target=one, args=(connection,), daemon=True).start()
