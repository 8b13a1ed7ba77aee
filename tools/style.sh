#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# style.sh [ROOT] - the house rules that a grep can see (CONTRIBUTING.md, "Style"). Prints
# `file:line: [style.rule] what; what to do` for each breach and exits 1 when there is one; advice is printed
# as `note:` and changes nothing. style.sh --rules lists the rules' names.
#
# A function may be longer than the limit when a comment in it or right above it says why: `long: <why>`.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
rules='spdx what-it-is typedef file-length function-length line-length rfc-form left-over blanks tab last-newline guard contract unsafe assert place'
if [ "${1-}" = --rules ]; then
    for rule in $rules; do echo "style.$rule"; done
    exit
fi
cd "${1:-$here/..}"

# Everything written by hand but the fixture, whose files break the rules on purpose.
mapfile -t files < <(find . \( -name .git -o -name 'build*' -o -name node_modules -o -name __pycache__ -o -path ./tests/house/bad \) -prune -o \
    -type f \( -name '*.[ch]' -o -name '*.def' -o -name '*.sh' -o -name '*.py' -o -name '*.awk' -o -name '*.ts' -o -name '*.mjs' -o -name '*.md' -o -name '*.scn' \
    -o -name 'meson*.*' -o -name Makefile -o -name packages -o -name '*.1' -o -path './.ci/run' -o -name '*.bash' \) -print | sed 's,^\./,,' | LC_ALL=C sort)
[ ${#files[@]} -gt 0 ] || { echo "style.sh: no files under $PWD" >&2; exit 70; }

# Headers of src that another room includes: those must state their contract.
public=$(grep -rHoE '^#include "[a-z_]+/[a-z_0-9]+\.h"' src 2>/dev/null |
    sed -E 's,^src/([^/]+)/[^:]*:#include "([a-z_]+)/([^"]+)",\1 \2 src/\2/\3,' | awk '$1 != $2 { print $3 }' | LC_ALL=C sort -u | tr '\n' ' ')

awk -v public="$public" -f "$here/c-code.awk" -f <(cat <<'AWK'
BEGIN {
    FILE_LINES_MAX = 700; FILE_LINES_ADVISED = 600; FUNCTION_LINES_MAX = 60; LINE_COLUMNS_MAX = 180
    n = split(public, list, " ")
    for (i = 1; i <= n; i++)
        is_public[list[i]] = 1
    left_over = "(^|[^A-Za-z0-9_])(TO" "DO|FIX" "ME|XX" "X|HA" "CK)([^A-Za-z0-9_]|$)"
    unsafe["strcpy"] = unsafe["strcat"] = unsafe["sprintf"] = unsafe["vsprintf"] = unsafe["gets"] = "snprintf or struct buf"
    unsafe["strtok"] = unsafe["strtok_r"] = "str_cut or str_word"
    unsafe["atoi"] = unsafe["atol"] = unsafe["strtol"] = unsafe["strtoul"] = unsafe["sscanf"] = "str_number"
    unsafe["strncpy"] = "memcpy with a known length, or snprintf"
    unsafe["alloca"] = "an arena"
    unsafe["rand"] = unsafe["random"] = unsafe["srand"] = "rng_fill"
}
function breach_at(line, rule, what) { printf "%s:%d: [style.%s] %s\n", file, line, rule, what; breaches++ }
function breach(rule, what) { breach_at(FNR, rule, what) }

function finish_file(    wanted, i) {
    if (file == "")
        return
    if (is_c || is_script) { # a table is looked up, not read
        if (lines > FILE_LINES_MAX)
            breach_at(FILE_LINES_MAX + 1, "file-length", lines " lines; split it by idea (at most " FILE_LINES_MAX ", better " FILE_LINES_ADVISED ")")
        else if (lines > FILE_LINES_ADVISED)
            printf "%s:%d: note: %d lines; over %d it wants to be two files\n", file, lines, lines, FILE_LINES_ADVISED
    }
    if (is_header && declares && file in is_public)
        for (i = 1; i <= 2; i++) {
            wanted = i == 1 ? "Memory" : "Fails"
            if (index(opening, wanted ":") == 0)
                breach_at(declares, "contract", "a header that other rooms include says nothing after \"" wanted ":\"; state it in the opening comment")
        }
    if (is_header && in_src && guard_seen == 0)
        breach_at(1, "guard", "no include guard " guard)
}

FNR == 1 {
    finish_file()
    file = FILENAME
    code_begin()
    is_c = file ~ /\.[ch]$/
    is_header = file ~ /\.h$/
    is_def = file ~ /\.def$/
    is_script = file ~ /\.(sh|py|awk|bash|ts|mjs)$/ || file == ".ci/run"
    is_prose = file ~ /\.(md|1)$/
    in_src = file ~ /^src\//
    guard = file
    sub(/^src\//, "", guard)
    gsub(/[\/.]/, "_", guard)
    guard = toupper(guard)
    guard_seen = declares = body = excuse = 0
    opening = ""
    opening_open = 1
    if (is_script && /^#!/)
        first = 2
    else
        first = 1
}
{ lines = FNR }

# The first lines: licence, then what the file is.
FNR == first && (is_c || is_def || is_script) && !/SPDX-License-Identifier: Apache-2\.0/ {
    breach("spdx", "no licence line; begin with \"SPDX-License-Identifier: Apache-2.0\" in a comment")
}
FNR == first + 1 && (is_c || is_def) && !/^\/\*/ { breach("what-it-is", "after the licence line comes a comment that says what this file is") }
FNR == first + 1 && is_script && !/^(#|"""|\/\*|\/\/)/ { breach("what-it-is", "after the licence line comes a comment that says what this file is") }

# Any file.
/[ \t]$/ { breach("blanks", "blanks at the end of the line; remove them") }
/\t/ && file != "Makefile" { breach("tab", "a tab; indent with blanks") }
$0 ~ left_over { breach("left-over", "a note to oneself; do it, or file it where others see it") }
/(^|[^A-Za-z0-9_.\/-])RFC[-_]?[0-9]/ || /(^|[^A-Za-z0-9_\/-])[Rr]fc [0-9]/ ||
/RFC [0-9]+,? *([Ss]ec\.|[Ss]ections?|§)/ || /[Ss]ection [0-9.]+ of RFC/ {
    breach("rfc-form", "a reference has the form \"RFC 3207 4.2\"")
}
/(^|[^A-Za-z0-9_.}])(\/home\/|\/root\/|\/work\/)[a-z.]/ { breach("place", "a path of one machine; name it from the project's folder, or let the caller give it") }
length($0) > LINE_COLUMNS_MAX && (is_c || is_script) { breach("line-length", length($0) " columns; at most " LINE_COLUMNS_MAX) }

# C.
is_c || is_def {
    if (opening_open && FNR > 1) {
        opening = opening "\n" $0
        if (/\*\//)
            opening_open = 0
    }
    was_in_comment = in_comment
    code = code_of($0)
    if (code ~ /^[ \t]*typedef +(struct|union|enum)[ {]/ && code !~ /\(/)
        breach("typedef", "write struct, union or enum where the type is used")
    if (in_src && code ~ /(^|[^A-Za-z0-9_])assert *\(/)
        breach("assert", "must() for what only a bug of ours can break; a fact for what a peer did")
    rest = code
    before = " "
    while (match(rest, /[A-Za-z_][A-Za-z_0-9]*\(/)) {
        if (RSTART > 1)
            before = substr(rest, RSTART - 1, 1)
        name = substr(rest, RSTART, RLENGTH - 1)
        if (in_src && before !~ /[.>0-9]/ && name in unsafe)
            breach("unsafe", name "(): use " unsafe[name])
        before = "("
        rest = substr(rest, RSTART + RLENGTH)
    }
    if (is_header && code ~ ("^#ifndef " guard " *$"))
        guard_seen = 1
    if (is_header && !declares && code ~ /^[A-Za-z_].*[A-Za-z0-9_]\(.*[,;] *$/ && code !~ /^(typedef|#)/)
        declares = FNR

    # A function's body stands between "{" and "}" in the first column.
    if (index($0, "long:"))
        excuse = FNR
    if (code ~ /^\{/)
        body = FNR
    if (body && code ~ /^\}/) {
        length_is = FNR - body - 1
        if (length_is > FUNCTION_LINES_MAX && !(excuse && excuse >= body - 5))
            breach_at(body, "function-length", length_is " lines in this function; at most " FUNCTION_LINES_MAX ", or a comment says why: long: ...")
        body = 0
    }
}
END {
    finish_file()
    exit breaches > 0
}
AWK
) "${files[@]}" && ok=1 || ok=0

for file in "${files[@]}"; do
    if [ -s "$file" ] && [ -n "$(tail -c 1 "$file")" ]; then
        echo "$file:$(($(wc -l <"$file") + 1)): [style.last-newline] the file does not end in a newline; add it"
        ok=0
    fi
done
[ "$ok" = 1 ]
