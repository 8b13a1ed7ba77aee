/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of those who are left alone.
 * Oracle: a list that is one name holds that name, and what lies below it, and not the name in which its end is another's;
 * one that is an address holds it.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/names.h"
#include "net/opt_out.h"

/* The whole input as one name or address. */
static void check_line(const struct opt_out *o, struct str line, struct arena *arena)
{
    struct domain_name name;
    struct ip ip;
    const char *problem;
    if (memchr(line.p, '\n', line.n) || memchr(line.p, '#', line.n) || !line.n)
        return;
    if (ip_parse(line, &ip))
        must(opt_out_has_ip(o, ip));
    else if (name_parse_domain(line, arena, &name, &problem) == 0) {
        must(opt_out_has_name(o, name.ascii));
        must(opt_out_has_name(o, arena_printf(arena, "mx.%s", name.ascii)));
        must(!opt_out_has_name(o, arena_printf(arena, "x%s", name.ascii)) || strchr(name.ascii, '.') == NULL ||
             opt_out_has_name(o, strchr(name.ascii, '.') + 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *exact = fuzz_exact((struct str){(const char *)bytes, n}), error[200] = "";
    struct str text = {exact, n};
    struct arena arena;
    struct opt_out *o = opt_out_parse(text, error, sizeof error);
    must(o || (error[0] && strlen(error) < sizeof error));
    arena_init(&arena, 64 * 1024);
    if (o)
        check_line(o, str_trim(text), &arena);
    arena_done(&arena);
    opt_out_free(o);
    free(exact);
    return 0;
}
