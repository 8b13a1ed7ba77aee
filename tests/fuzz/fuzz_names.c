/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people type as a domain or a server. The input is that text.
 * Oracle: a name is lower-case A-labels within the lengths of RFC 1035 2.3.4, and reading it again gives the same; its
 * U-labels are text that can be shown; its organisational domain is its own end; a refusal says why, without
 * repeating the input.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "net/names.h"

static void check_problem(const char *problem)
{
    must(problem && problem[0] && strlen(problem) < 200);
    for (const char *p = problem; *p; p++)
        must(*p >= ' ' && *p < 127);
}

static void check_name(const struct domain_name *name, struct arena *arena)
{
    struct str rest = str_of(name->ascii);
    must(rest.n > 0 && rest.n <= 253);
    while (rest.n) {
        struct str label = str_cut(&rest, '.');
        must(label.n > 0 && label.n <= 63);
        for (size_t i = 0; i < label.n; i++)
            must((label.p[i] >= 'a' && label.p[i] <= 'z') || ascii_is_digit(label.p[i]) || label.p[i] == '-' || label.p[i] == '_');
    }
    must(name->ascii[strlen(name->ascii) - 1] != '.');
    must(name->unicode && fuzz_is_clean(str_of(name->unicode), false));
    const char *unicode = name_to_unicode(name->ascii, arena), *organisation = name_organisational_domain(name->ascii, arena);
    must(unicode && fuzz_is_clean(str_of(unicode), false));
    size_t n = organisation ? strlen(organisation) : 0, all = strlen(name->ascii);
    must(n <= all && (!organisation || strcmp(name->ascii + all - n, organisation) == 0));
}

static void check_domain(struct str input, struct arena *arena)
{
    struct domain_name name = {NULL, NULL}, again = {NULL, NULL};
    const char *problem = NULL;
    if (name_parse_domain(input, arena, &name, &problem) < 0) {
        check_problem(problem);
        return;
    }
    check_name(&name, arena);
    must(name_parse_domain(str_of(name.ascii), arena, &again, &problem) == 0 && strcmp(name.ascii, again.ascii) == 0);
    must(strcmp(name.unicode, again.unicode) == 0);
}

static void check_server(struct str input, struct arena *arena)
{
    struct server_name server = {.port = 0}, again = {.port = 0};
    const char *problem = NULL;
    if (name_parse_server(input, arena, &server, &problem) < 0) {
        check_problem(problem);
        return;
    }
    bool bracketed = server.ip.family == IP_V6;
    unsigned port = server.port ? server.port : 25;
    const char *written = arena_printf(arena, "%s%s%s:%u", bracketed ? "[" : "", server.name.ascii, bracketed ? "]" : "", port);
    if (server.ip.family == IP_NONE)
        check_name(&server.name, arena);
    must(name_parse_server(str_of(written), arena, &again, &problem) == 0);
    must(again.port == port && ip_eq(again.ip, server.ip) && strcmp(again.name.ascii, server.name.ascii) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena arena;
    char *exact = fuzz_exact((struct str){(const char *)bytes, n});
    arena_init(&arena, 1 << 20);
    check_domain((struct str){exact, n}, &arena);
    check_server((struct str){exact, n}, &arena);
    must(!arena.exhausted || n > 4096);
    arena_done(&arena);
    free(exact);
    return 0;
}
