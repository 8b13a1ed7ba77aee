# SPDX-License-Identifier: Apache-2.0
"""generated.py EMIT ROOT [--write] - compares what the report room writes with what is kept: tests/golden and doc.

With --write, or by `ninja -C build generated`, the kept files are written anew. Whatever differs is printed as a diff.
"""
import difflib
import json
import pathlib
import re
import subprocess
import sys

emit, root = sys.argv[1], pathlib.Path(sys.argv[2])
write = "--write" in sys.argv[3:]


def run(*arguments):
    return subprocess.run([emit, *arguments], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")


def without_version(text):
    return re.sub(r'("name": "mxassay",\s+"version": )"[^"]+"', r'\1"*"', text)


def wanted():
    """Path below the root, and what should stand there."""
    golden = "tests/golden/report-"
    for name in run("names").split():
        yield f"{golden}{name}.txt", run("text", name)
        yield f"{golden}{name}.json", without_version(run("json", name, "2") + "\n")
        for form in ["brief", "mx-health"]:
            yield f"{golden}{name}-{form}.json", json.dumps(json.loads(run(form, name)), indent=2, ensure_ascii=True) + "\n"
        if name in ("broken", "hostile"):
            version = re.escape(re.search(r'"version":"([^"]+)"', run("json", name))[1])
            for form, end in [("html", "html"), ("markdown", "md"), ("csv", "csv"), ("junit", "junit.xml"), ("nagios", "nagios")]:
                yield f"{golden}{name}.{end}", re.sub(rf"mxassay {version}|(?<=&quot;version&quot;: &quot;){version}", "*", run(form, name))
        yield f"{golden}{name}.prom", re.sub(r'version="[^"]+"', 'version="*"', run("prometheus", name))
    variants = {
        "broken-80": "text broken 80",
        "broken-80-color": "text broken 80 color symbols",
        "broken-120-all": "text broken 120 symbols all",
        "healthy-80": "text healthy 80",
        "healthy-quiet": "text healthy quiet",
        "many-verbose": "text many 120 verbose",
        "server-transcript": "text server verbose transcript all",
        "hostile-everything": "text hostile 120 symbols color verbose transcript all",
    }
    for name, arguments in variants.items():
        yield f"{golden}{name}.txt", run(*arguments.split())
    yield "doc/report.schema.json", run("schema")
    yield "doc/findings.md", run("findings")


stale = 0
for path, text in wanted():
    file = root / path
    kept = file.read_bytes().decode("utf-8") if file.exists() else ""
    if kept == text:
        continue
    if write:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8"))
        print("written:", path)
        continue
    stale += 1
    sys.stdout.writelines(difflib.unified_diff(kept.splitlines(True), text.splitlines(True), path, "as it is written now"))
if stale:
    print(f"\n{stale} file{'s' * (stale != 1)} differ. If that is meant: ninja -C build generated")
sys.exit(stale > 0)
