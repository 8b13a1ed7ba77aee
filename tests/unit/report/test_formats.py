# SPDX-License-Identifier: Apache-2.0
"""test_formats.py EMIT - HTML, Markdown, CSV, JUnit and Nagios: each well formed, safe whatever servers say, and true to the JSON report."""
import collections
import csv
import html.parser
import io
import json
import pathlib
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree

emit = sys.argv[1]
wrong = 0
VOID = {"meta", "link", "br", "input"}
ELEMENTS = set("""html head title style body header main footer article section h1 h2 h3 p span strong ul li dl dt dd div table caption thead tbody
    tr th td abbr code pre a details summary time fieldset legend label""".split()) | VOID
ATTRIBUTES = set("""lang charset name content http-equiv class id aria-labelledby aria-label aria-hidden role tabindex scope href rel title datetime
    data-kind type checked autocomplete""".split())
UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
LABELS = {"fail": None, "unknown": "Unknown"}


def run(*arguments):
    if pathlib.Path(emit).is_dir():  # what it would write is there, a file each
        return (pathlib.Path(emit) / ".".join(arguments)).read_bytes().decode("utf-8")
    return subprocess.run([emit, *arguments], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")


def complain(what):
    global wrong
    wrong += 1
    print("wrong:", what)


def is_safe(where, text):
    for line in text.splitlines() or [""]:
        if any(unicodedata.category(c) in UNSEEN for c in line):
            complain(f"{where}: something nobody sees: {line[:200]!r}")


class Page(html.parser.HTMLParser):
    """Every element is known and closed, every id stands once, every link leads somewhere; nothing runs, nothing is loaded."""

    def __init__(self, where):
        super().__init__(convert_charrefs=True)
        self.where, self.open, self.ids, self.links, self.text, self.heads = where, [], [], [], [], collections.Counter()

    def handle_starttag(self, tag, attributes):
        if tag not in ELEMENTS:
            complain(f"{self.where}: <{tag}>")
        for key, value in attributes:
            if key not in ATTRIBUTES:
                complain(f"{self.where}: <{tag} {key}={value!r}>")
            if key == "id":
                self.ids.append(value)
            if key == "href":
                self.links.append(value)
        self.heads[tag] += 1
        if tag == "th" and "scope" not in dict(attributes):
            complain(f"{self.where}: a <th> without scope")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            complain(f"{self.where}: </{tag}> closes something else")

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    def end(self):
        self.close()
        if self.open:
            complain(f"{self.where}: {self.open} left open")
        if len(self.ids) != len(set(self.ids)):
            complain(f"{self.where}: an id stands twice")
        for link in self.links:
            if link.startswith("#") and link[1:] not in self.ids or not re.match(r"#|https://www\.rfc-editor\.org/rfc/rfc\d+(#section-[0-9A-Za-z.-]+)?$", link):
                complain(f"{self.where}: link to {link}")
        if self.heads["caption"] != self.heads["table"] or self.heads["main"] != 1:
            complain(f"{self.where}: tables without caption, or no main")
        return " ".join(" ".join(self.text).split())


def check_html(name, report):
    page = run("html", name)
    is_safe(f"html {name}", page)
    if re.search(r"<script|<[^<>]*\s(on\w+|style)=|<[^<>]*=javascript:", re.sub(r'"([^"<>]*)"', lambda m: "javascript:" if m[1].startswith("javascript:") else "x", page)):
        complain(f"html {name}: something may run")
    parser = Page(f"html {name}")
    parser.feed(page)
    text = parser.end()
    must_say = [report["target"]["name"], report["summary"]["headline"], report["checked_at"], report["vantage"]["resolver"], "Not tested"]
    must_say += [f["title"] for f in report["findings"]] + [f["id"] for f in report["findings"]]
    must_say += [a["ip"] for h in report["hosts"] for a in h["addresses"]]
    for words in must_say:
        if words and " ".join(words.split()) not in text:
            complain(f"html {name}: does not say {words!r}")


def unescaped(markdown):
    """What is left to Markdown to read: without escapes, code spans and blocks."""
    lines = [line for line in markdown.splitlines() if not line.startswith("    ")]
    return re.sub(r"`[^`\n]*`", "", re.sub(r"\\[^\w\s]", "", "\n".join(lines)))


def check_markdown(name, report):
    text = run("markdown", name)
    is_safe(f"markdown {name}", text)
    left = unescaped(text)
    for bad in ["<", ">", "[", "](", "@", "://", "www.", "~"]:
        if bad in left.replace("[]", ""):
            complain(f"markdown {name}: {bad!r} is left to be read")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    if len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) > 1:
        complain(f"markdown {name}: rows of different length")
    if report["checked_at"] not in text:
        complain(f"markdown {name}: no time")
    for finding in report["findings"]:
        if f"Check `{finding['id']}`" not in text:
            complain(f"markdown {name}: {finding['id']} is missing")


def check_csv(name, report):
    text = run("csv", name)
    is_safe(f"csv {name}", text.replace("\r\n", "\n"))
    if re.sub(r"\r\n", "", text).count("\n"):
        complain(f"csv {name}: a line does not end in CRLF")
    head, *rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if len(rows) != len(report["findings"]):
        complain(f"csv {name}: {len(rows)} lines for {len(report['findings'])} findings")
    for row, finding in zip(rows, report["findings"]):
        cells = dict(zip(head, row, strict=True))
        if (cells["id"], cells["verdict"], cells["severity"]) != (finding["id"], finding["verdict"], finding["severity"]):
            complain(f"csv {name}: {row}")
        if any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row):
            complain(f"csv {name}: a formula: {row}")


def check_junit(name, report):
    text = run("junit", name)
    is_safe(f"junit {name}", text)
    (suite,) = xml.etree.ElementTree.fromstring(text)
    cases = {case.get("name"): case for case in suite}
    wanted = {c["id"]: c for c in report["checks"] if c["pass"] or c["fail"] or c["unknown"]}
    if cases.keys() != wanted.keys() or len(suite) != len(cases) or int(suite.get("tests")) != len(cases):
        complain(f"junit {name}: the checks are others")
    for key, said in [("failures", "failure"), ("skipped", "skipped")]:
        if int(suite.get(key)) != sum(case.find(said) is not None for case in suite):
            complain(f"junit {name}: {key}")
    severities = {f["id"]: f["severity"] for f in report["findings"]}
    for check_id, check in wanted.items():
        failed = check["fail"] and severities.get(check_id) in ("warning", "error")
        if check_id in cases and (cases[check_id].find("failure") is not None) != bool(failed):
            complain(f"junit {name}: {check_id}")


def check_nagios(name, report):
    line = run("nagios", name)
    is_safe(f"nagios {name}", line)
    match = re.fullmatch(r"MX (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]*) \|((?: '[^'=|]+'=-?[\d.]+s?;;;0?;)+)\n", line)
    words = {"ok": ["OK"], "warning": ["WARNING"], "error": ["CRITICAL"], "inconclusive": ["WARNING", "UNKNOWN"]}
    if not match or match[1] not in words[report["summary"]["status"]] or f"'errors'={report['summary']['errors']};" not in line:
        complain(f"nagios {name}: {line!r}")


names = run("names").split()
for name in names:
    report = json.loads(run("json", name))
    for check in [check_html, check_markdown, check_csv, check_junit, check_nagios]:
        check(name, report)
# Our own network, and nobody's server, is why this one could not be judged.
if "inconclusive" in names and not run("nagios", "inconclusive").startswith("MX UNKNOWN"):
    complain("nagios inconclusive")
print(f"{len(names)} reports in 5 formats, {wrong} wrong")
sys.exit(wrong > 0)
