/* SPDX-License-Identifier: Apache-2.0 */
/* lab_language - see lab_language.h. */
#include "lab_language.h"

#include <string.h>

#include "scn_parse.h"

static const char opening[] = "<!-- Made by `mxassay-lab --language`; edit tests/engine/scn_parse.c instead. -->\n"
                              "# The scenario language\n"
                              "\n"
                              "A scenario is one domain, how it differs from a healthy one, and what a check of it must find, in one file\n"
                              "under `tests/scenarios/`. `mxassay-lab` serves scenarios on this machine, in a network namespace of its own:\n"
                              "\n"
                              "    build/tests/engine/mxassay-lab tests/scenarios/expired.scn -- build/mxassay check expired.test\n"
                              "\n"
                              "`mxassay-virtual` checks them in memory and in virtual time, all in a few seconds; what a `connection` or `hear` describes\n"
                              "must have taken place there, with one server and one client at least:\n"
                              "\n"
                              "    build/tests/engine/mxassay-virtual tests/scenarios/tarpit.scn\n"
                              "    tests/engine/run_scenarios.py --virtual build/tests/engine/mxassay-virtual tests/scenarios\n"
                              "\n"
                              "Servers that mean harm are in `tests/scenarios/hostile/`; `tests/engine/hostile.py` also measures memory and looks at the output.\n"
                              "\n"
                              "One statement a line; the first word is the verb. A line that begins with `#` is a comment; the first one says\n"
                              "what the scenario is. Words are separated by blanks; in double quotes a word may hold blanks and the escapes\n"
                              "`\\r \\n \\t \\0 \\\\ \\\" \\xHH`. What stands behind `say`, `drip`, `endless`, `policy` and the type of a record is taken as it is.\n"
                              "\n"
                              "Words in braces stand for what only a world knows: `{domain}`, `{file-dir}` (where the scenario's file lies), `{mx1}` (a server's full\n"
                              "name), `{mx1.v4}`, "
                              "`{mx1.v6}`, `{mx1.v4-dashed}`, `{mx1.v4-reversed}`, `{mx1.v6-reversed}`; "
                              "in texts of a server also `{host}` (its full name) and `{name}` (what it calls itself).\n"
                              "In TLSA records `{mx1.key-sha256}` is a digest, `-sha512` another one, and `{mx1.key}` the whole, in hexadecimal. Instead\n"
                              "of `key` there are `cert`, `issuer-key` and `issuer-cert`; `also-key` and `also-cert` of its second certificate; `old-key`,\n"
                              "which no server has any more; `root-key`, `root-cert`, `stranger-key` and `stranger-cert` of CAs.\n"
                              "\n"
                              "## Verbs\n"
                              "\n";

static const char closing[] = "\n"
                              "## Example\n"
                              "\n"
                              "    # The backup offers no encryption\n"
                              "    from plain\n"
                              "    server mx2\n"
                              "    lack STARTTLS\n"
                              "    expect fail +P tls.starttls-offered [mx2] pool.starttls pool.backup-weaker\n"
                              "    expect exit 1\n";

void lab_language_write(struct buf *out)
{
    buf_add_cstr(out, opening);
    for (size_t i = 0; i < scn_verb_count(); i++) {
        struct str usages = str_of(scn_verb_usage(i));
        for (bool first = true; usages.n; first = false) { /* forms of a verb are separated by " | " */
            const char *bar = strstr(usages.p, " | ");
            struct str form = {usages.p, bar ? (size_t)(bar - usages.p) : usages.n};
            buf_printf(out, "%s`%.*s`", first ? "- " : "<br>\n  ", (int)form.n, form.p);
            usages = bar ? str_of(bar + 3) : (struct str){NULL, 0};
        }
        buf_printf(out, "<br>\n  %s\n", scn_verb_meaning(i));
    }
    buf_add_cstr(out, closing);
}
