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


def is_described(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    for path, part in subschemas(schema):
        if part.get("additionalProperties") is not False:
            complain(f"{path} lets strange members pass")
        if list(part["properties"]) != part["required"]:
            complain(f"{path} does not require each of its members")
        for key, member in part["properties"].items():
            if not member.get("description"):
                complain(f"{path}.{key} is not described")


def read(name, what):
    line = run(what, name)
    if b"\n" in line:
        complain(f"{what} {name}: a line end")
    if any(octet < 0x20 for octet in line):
        complain(f"{what} {name}: a control character stands raw in the JSON")
    return json.loads(line.decode("utf-8"), object_pairs_hook=no_doubles)


def change_each_member(name, report, validator, tried, seen):
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


for what, schema_of in [("json", "schema"), ("brief", "brief-schema"), ("mx-health", "mx-health-schema")]:
    schema = json.loads(run(schema_of), object_pairs_hook=no_doubles)
    is_described(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    tried, seen = set(), set()
    for name in run("names").decode().split():
        report = read(name, what)
        if what == "json" and report != json.loads(run("json", name, "2")):
            complain(f"{name}: with and without indentation are not the same report")
        for error in validator.iter_errors(report):
            complain(f"{what} {name}: {error.json_path}: {error.message[:200]}")
        change_each_member(name, report, validator, tried, seen)
    for path, _ in subschemas(schema):
        if path not in seen:
            complain(f"no fixture has {path} in {what}, so it was never validated")
    print(f"{what}: {len(seen)} kinds of object, {len(tried)} changes tried")
print(f"{wrong} wrong")
sys.exit(wrong > 0)
