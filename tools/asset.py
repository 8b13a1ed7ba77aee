# SPDX-License-Identifier: Apache-2.0
"""asset.py NAME SUFFIX FILE... - the files, one after the other, as a C source of src/serve/assets.h: as they are, packed by gzip, and with
a path that changes with them. Without a file: the asset that is not there."""
import gzip
import hashlib
import pathlib
import sys


def array(name, octets):
    yield f"static const char {name}[] = {{"
    for i in range(0, len(octets), 20):
        yield "    " + ", ".join(str(octet - 256 if octet > 127 else octet) for octet in octets[i : i + 20]) + ","
    yield "};"


TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
name, suffix = sys.argv[1:3]
octets = b"".join(pathlib.Path(file).read_bytes() for file in sys.argv[3:])
digest = hashlib.sha256(octets).hexdigest()[:16]
print("/* made by tools/asset.py */")
print('#include "serve/assets.h"')
if octets:
    print("\n".join(array("plain", octets)))
    print("\n".join(array("packed", gzip.compress(octets, 9, mtime=0))))
    print(f"const struct asset asset_{name} = {{")
    print(f'    "/assets/{name}.{digest}.{suffix}", "{TYPES[suffix]}", "{digest}", {{plain, sizeof plain}}, {{packed, sizeof packed}}}};')
else:
    print(f"const struct asset asset_{name};")
