# SPDX-License-Identifier: Apache-2.0
"""Many mail servers in one process, each at an address of its own with a certificate of its own. Usage: dane_server.py TABLE

TABLE is JSON: a list of {"ip", "name", "chain", "habit"}; `chain` is a file with key and certificates, in the order in which they
are sent. Habits: "" (STARTTLS works), "no-starttls", "454" (to STARTTLS), "alert" (ends every handshake with one).
"""
import json
import selectors
import socket
import ssl
import sys
import threading

ALERT = bytes.fromhex("15030100020228")   # fatal, handshake_failure


class Session:
    def __init__(self, row, connection):
        self.row = row
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.in_tls = False

    def say(self, *lines):
        self.connection.sendall("".join(line + "\r\n" for line in lines).encode())

    def ehlo(self):
        offered = [] if self.row["habit"] == "no-starttls" or self.in_tls else ["STARTTLS"]
        words = [self.row["name"], "PIPELINING", *offered]
        self.say(*[f"250-{word}" for word in words[:-1]], f"250 {words[-1]}")

    def starttls(self):
        if self.row["habit"] == "no-starttls":
            self.say("502 5.5.1 no")
            return
        if self.row["habit"] == "454":
            self.say("454 4.7.0 TLS not available")
            return
        self.say("220 2.0.0 go")
        if self.row["habit"] == "alert":
            self.connection.recv(16384)
            self.connection.sendall(ALERT)
            raise EOFError
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.row["chain"])
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.lines = self.connection.makefile("rb")
        self.in_tls = True

    def run(self):
        self.say(f"220 {self.row['name']} ESMTP")
        while line := self.lines.readline():
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"EHLO":
                self.ehlo()
            elif verb == b"STARTTLS":
                self.starttls()
            elif verb == b"RCPT":
                self.say("554 5.7.1 relay access denied")
            elif verb == b"QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")


def serve(row, connection):
    connection.settimeout(60)
    try:
        Session(row, connection).run()
    except (EOFError, OSError):
        pass
    finally:
        connection.close()


def main(table):
    waiting = selectors.DefaultSelector()
    with open(table) as rows:
        for row in json.load(rows):
            listener = socket.create_server((row["ip"], 25), backlog=32)
            waiting.register(listener, selectors.EVENT_READ, row)
    while True:
        for key, _ in waiting.select():
            connection, _ = key.fileobj.accept()
            threading.Thread(target=serve, args=(key.data, connection), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
