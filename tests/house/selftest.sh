#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# selftest.sh - the house rules catch what they should, and nothing else. The folder `bad` breaks every rule of
# tools/layers.sh, tools/style.sh and tools/complexity.sh on lines marked `want: RULE`; what they print must be just those
# lines.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$here/bad" "$work/bad"
cd "$work/bad"

# A file that is only long: made here.
{
    printf '%s\n' '/* SPDX-License-Identifier: Apache-2.0 */' '/* long - a function and a file of too many lines. */' 'void long_one(void)' \
        '{ /* want: style.function-length */'
    for i in $(seq 61); do echo "    use($i);"; done
    printf '%s\n' '}' '' '/* long: sixty-one things are used, each once. */' 'void excused(void)' '{'
    for i in $(seq 61); do echo "    use($i);"; done
    printf '%s\n' '}' '' 'void within(void)' '{'
    for i in $(seq 60); do echo "    use($i);"; done
    echo '}'
    for i in $(seq 700); do echo "int n$i;"; done
} >src/base/long.c
sed -i '701s|$| /* want: style.file-length */|' src/base/long.c

# Functions of many ways: twenty-one, the same with a reason, and twenty, with a reason that excuses nothing.
{
    printf '%s\n' '/* SPDX-License-Identifier: Apache-2.0 */' '/* ways - too many. */'
    n=0
    for decisions in 20 20 19; do
        [ "$((++n))" -ne 2 ] || echo '/* branches: twenty things are asked, each once. */'
        [ "$n" -ne 3 ] || echo '/* branches: none too many. want: complexity.excuse */'
        echo "int ways$n(int i) /* $([ "$n" -ne 1 ] || echo 'want: complexity.ways') */"
        echo '{'
        for i in $(seq "$decisions"); do echo "    if (i == $i) i++;"; done
        printf '%s\n' '    return i;' '}' ''
    done
} >src/base/ways.c

grep -rHno 'want: [a-z]*\.[a-z-]*' . | sed -E 's,^\./,,; s,:want: , ,' | LC_ALL=C sort >"$work/wanted"
{
    "$tools/layers.sh" . && echo "layers.sh: exit status 0"
    "$tools/style.sh" . && echo "style.sh: exit status 0"
    "$tools/complexity.sh" . && echo "complexity.sh: exit status 0"
} >"$work/printed" || true
grep -v ': note: ' "$work/printed" | sed -E 's,^([^:]*:[0-9]+): \[([^]]*)\].*,\1 \2,' | LC_ALL=C sort >"$work/seen"

failed=0
if ! diff "$work/wanted" "$work/seen" >"$work/difference"; then
    echo "wanted (<) and seen (>) differ:"
    cat "$work/difference"
    failed=1
fi
for rule in $("$tools/layers.sh" --rules) $("$tools/style.sh" --rules) $("$tools/complexity.sh" --rules); do
    if ! grep -q " $rule\$" "$work/wanted"; then
        echo "no line of tests/house/bad breaks $rule"
        failed=1
    fi
done
echo "$(wc -l <"$work/wanted") breaches wanted, $(wc -l <"$work/seen") seen"
exit $failed
