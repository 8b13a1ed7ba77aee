# SPDX-License-Identifier: Apache-2.0
"""A server that takes mail, and has one habit that real senders must cope with. Usage: play.py HABIT NAME ADDRESS...

tls-454     offers STARTTLS, and answers it with 454
tls-alert   offers STARTTLS, and ends every handshake with an alert
greylists   puts off recipients for some seconds after the first try
greets-554  greets with 554
greets-521  greets with 521: it takes no mail
"""
import sys
import time

import habits

CAPABILITIES = (b"PIPELINING", b"SIZE 52428800", b"8BITMIME", b"ENHANCEDSTATUSCODES", b"SMTPUTF8", b"CHUNKING", b"DSN")
ALERT = bytes.fromhex("15030100020228")   # fatal, handshake_failure
GREYLIST_S = 6
first_tries = {}


def server(habit):
    return habits.server(__file__, habit)


class Session:
    def __init__(self, habit, name, connection):
        self.habit = habit
        self.name = name
        self.domain = name.split(b".", 1)[1]
        self.connection = connection
        self.lines = connection.makefile("rb")

    def say(self, *lines):
        self.connection.sendall(b"".join(line + b"\r\n" for line in lines))

    def ehlo(self, _):
        offered = CAPABILITIES + ((b"STARTTLS",) if self.habit.startswith("tls-") else ())
        self.say(b"250-" + self.name, *[b"250-" + word for word in offered[:-1]], b"250 " + offered[-1])

    def starttls(self, _):
        if self.habit == "tls-454":
            self.say(b"454 4.7.0 TLS not available")
            return
        self.say(b"220 2.0.0 go")
        self.connection.recv(16384)
        self.connection.sendall(ALERT)
        raise EOFError

    def rcpt(self, line):
        if b"@" + self.domain + b">" not in line.lower():
            self.say(b"554 5.7.1 relay access denied")
            return
        first = first_tries.setdefault(line, time.monotonic())
        if self.habit == "greylists" and time.monotonic() - first < GREYLIST_S:
            self.say(b"450 4.2.0 greylisted, try again later")
        else:
            self.say(b"250 2.1.5 ok")

    def data(self, _):
        self.say(b"354 go on")
        while (line := self.lines.readline()) != b".\r\n":
            if not line:
                raise EOFError
        self.say(b"250 2.0.0 taken")

    def quit(self, _):
        self.say(b"221 2.0.0 bye")
        raise EOFError

    def ok(self, _):
        self.say(b"250 2.0.0 ok")

    def run(self):
        code = {"greets-554": b"554", "greets-521": b"521"}.get(self.habit, b"220")
        self.say(code + b" " + self.name + b" ESMTP")
        verbs = {b"EHLO": self.ehlo, b"STARTTLS": self.starttls, b"MAIL": self.ok, b"RCPT": self.rcpt, b"DATA": self.data, b"RSET": self.ok, b"QUIT": self.quit}
        for line in self.lines:
            verb = line.split(b" ")[0].strip().upper()
            if verb in verbs and (code == b"220" or verb == b"QUIT"):
                verbs[verb](line)
            else:
                self.say(b"502 5.5.1 no")


def serve(habit, name, connection):
    try:
        Session(habit, name, connection).run()
    except (EOFError, OSError):
        pass


if __name__ == "__main__":
    habits.listen(serve, *sys.argv[1:])
