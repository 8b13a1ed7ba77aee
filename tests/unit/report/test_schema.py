# SPDX-License-Identifier: Apache-2.0
"""test_schema.py EMIT - every report follows the schema, and the schema lets nothing else pass.

The second half matters as much: of each object in each report every member is taken away, and a strange one added, and
the schema must notice. So no object is left open and no member is optional.
"""
import copy
import json
import re
import subprocess
import sys

import jsonschema

emit = sys.argv[1]
wrong = 0


def run(*arguments):
    return subprocess.run([emit, *arguments], check=True, stdout=subprocess.PIPE).stdout


def complain(what):
    global wrong
    wrong += 1
    print("wrong:", what)


def no_doubles(pairs):
    keys = [key for key, _ in pairs]
    for key in set(keys):
        if keys.count(key) > 1:
            complain(f"member {key} stands twice in one object")
    return dict(pairs)


def subschemas(schema, path="$"):
    if "properties" in schema:
        yield path, schema
    for key, sub in schema.get("properties", {}).items():
        yield from subschemas(sub, f"{path}.{key}")
    if "items" in schema:
        yield from subschemas(schema["items"], path + "[]")


def objects(value, path="$"):
    if isinstance(value, dict):
        yield path, value
        for key, member in value.items():
            yield from objects(member, f"{path}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from objects(item, f"{path}[{i}]")


schema = json.loads(run("schema"), object_pairs_hook=no_doubles)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
for path, part in subschemas(schema):
    if part.get("additionalProperties") is not False:
        complain(f"{path} lets strange members pass")
    if list(part["properties"]) != part["required"]:
        complain(f"{path} does not require each of its members")
    for key, member in part["properties"].items():
        if not member.get("description"):
            complain(f"{path}.{key} is not described")

tried, seen = set(), set()
for name in run("names").decode().split():
    line = run("json", name)
    if b"\n" in line:
        complain(f"{name}: an NDJSON report holds a line end")
    if any(octet < 0x20 for octet in line):
        complain(f"{name}: a control character stands raw in the JSON")
    report = json.loads(line.decode("utf-8"), object_pairs_hook=no_doubles)
    if report != json.loads(run("json", name, "2")):
        complain(f"{name}: with and without indentation are not the same report")
    for error in validator.iter_errors(report):
        complain(f"{name}: {error.json_path}: {error.message[:200]}")
    for path, part in objects(report):
        kind = re.sub(r"\[\d+\]", "[]", path)
        seen.add(kind)
        for key in [*part, "strange"]:
            if (kind, key) in tried:
                continue
            tried.add((kind, key))
            kept = copy.copy(part)
            if key == "strange":
                part[key] = 1
            else:
                del part[key]
            if validator.is_valid(report):
                complain(f"{name}: {path} passes {'with a strange member' if key == 'strange' else 'without ' + key}")
            part.clear()
            part.update(kept)

for path, _ in subschemas(schema):
    if path not in seen:
        complain(f"no fixture has {path}, so it was never validated")
print(f"{len(seen)} kinds of object, {len(tried)} changes tried, {wrong} wrong")
sys.exit(wrong > 0)
