# SPDX-License-Identifier: Apache-2.0
"""embed.py FILE NAME - writes a C source with the file's octets as `const struct str NAME`, for the program to carry along."""
import pathlib
import sys

octets = pathlib.Path(sys.argv[1]).read_bytes()
name = sys.argv[2]
print(f"/* {pathlib.Path(sys.argv[1]).name}, made by tools/embed.py */")
print('#include "base/str.h"')
print(f"extern const struct str {name};")
print("static const char octets[] = {")
for i in range(0, len(octets), 20):
    print("    " + ", ".join(f"{octet}" for octet in octets[i : i + 20]) + ",")
print("};")
print(f"const struct str {name} = {{octets, sizeof octets}};")
