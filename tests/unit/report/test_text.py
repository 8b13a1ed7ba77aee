# SPDX-License-Identifier: Apache-2.0
"""test_text.py EMIT - what holds for every text report: width, safety, the same words with colour and without."""
import itertools
import re
import subprocess
import sys
import unicodedata

emit = sys.argv[1]
wrong = 0
COLOR = re.compile(r"\x1b\[[0-9;]*m")
UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def run(*arguments):
    return subprocess.run([emit, *arguments], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")


def complain(where, what, line):
    global wrong
    wrong += 1
    if wrong < 20:
        print(f"{where}: {what}: {line[:300]!r}")


def is_excused(line, columns):
    """Only because of a word that does not fit on a line by itself."""
    return any(len(word) + 24 > columns for word in line.split())


def columns_of(text):
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def check(name, columns, flags):
    arguments = ["text", name, str(columns), *flags]
    where = " ".join(arguments)
    text = run(*arguments)
    plain = COLOR.sub("", text)
    if "color" not in flags and plain != text:
        complain(where, "colour that nobody asked for", text)
    if "color" in flags and plain != run(*[a for a in arguments if a != "color"]):
        complain(where, "colour changes more than colour", plain)
    if not plain.endswith("\n") or plain.endswith("\n\n"):
        complain(where, "does not end in one newline", plain[-40:])
    for line in plain.rstrip("\n").split("\n"):
        if columns_of(line) > columns and "quiet" not in flags and not is_excused(line, columns):
            complain(where, f"{columns_of(line)} columns", line)
        if line != line.rstrip():
            complain(where, "blanks at the end", line)
        if any(unicodedata.category(c) in UNSEEN for c in line):
            complain(where, "something nobody sees", line)
        if "symbols" not in flags and not line.isascii():
            complain(where, "not ASCII", line)
    if "quiet" in flags and plain.count("\n") != 1:
        complain(where, "not one line", plain)


names = run("names").split()
switches = ["color", "symbols", "all", "verbose", "transcript"]
tried = 0
for name, columns in itertools.product(names, [60, 80, 100, 120]):
    for flags in [[], ["quiet"], *([s] for s in switches), switches]:
        check(name, columns, flags)
        tried += 1

# What a person must find, whatever the terminal.
must_find = {
    "broken": ["broken.example ERROR", "mx.target-resolves", "RFC 3207 4", "operator of hoster.example", "expired !", "accepted X", "none X", "--all shows all"],
    "inconclusive": ["quiet.example INCONCLUSIVE", "THIS SIDE", "UNKNOWN", "port 25 over IPv6: blocked", "left out", "as [192.0.2.200]"],
    "server": ["smtp.example.com:587 OK", "alert 40", "left out the relay test", "< 1 ms", "3 unknown (--all shows all)"],
    "null-mx": ["nomail.example OK takes no mail"],
    "healthy": ["connections, 41 DNS questions"],
    "many": ["SPF broken; DKIM found", "SRV submit.many.example", "_submissions._tcp: submit.many.example:465; _submission._tcp: not offered"],
}
for name, columns in itertools.product(must_find, ["80", "120"]):
    text = " ".join(run("text", name, columns).split())
    for words in must_find[name]:
        if words not in text:
            complain(f"text {name} {columns}", "does not say", words)
if run("text", "many", "80").count("Does the server refuse to carry strangers' mail?") != 1:
    complain("text many", "the same question more than once", "")
print(f"{tried} texts, {wrong} wrong")
sys.exit(wrong > 0)
