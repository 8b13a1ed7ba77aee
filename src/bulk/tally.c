/* SPDX-License-Identifier: Apache-2.0 */
/* tally - see tally.h. Here the lines are read and counted. */
#include "bulk/tally.h"

#include <stdlib.h>
#include <string.h>

#include "net/names.h"

enum { LINE_BYTES_MAX = 1024 * 1024 };

enum node {
    CHECKED_AT = SCAN_ROOT + 1,
    SUMMARY,
    STATUS,
    HOSTS,
    HOST,
    ROLE,
    ADDRESSES,
    IP,
    ENDPOINTS,
    TLS,
    CERTIFICATES,
    ISSUER,
    SELF_SIGNED,
    CHECKS,
    ID,
    PASS,
    FAIL,
    UNKNOWN,
};

static const struct scan_row rows[] = {
    {SCAN_ROOT, "checked_at", CHECKED_AT},
    {SCAN_ROOT, "summary", SUMMARY},
    {SUMMARY, "status", STATUS},
    {SCAN_ROOT, "hosts", HOSTS},
    {HOSTS, "host", HOST},
    {HOSTS, "role", ROLE},
    {HOSTS, "addresses", ADDRESSES},
    {ADDRESSES, "ip", IP},
    {ADDRESSES, "endpoints", ENDPOINTS},
    {ENDPOINTS, "tls", TLS},
    {TLS, "certificates", CERTIFICATES},
    {CERTIFICATES, "issuer", ISSUER},
    {CERTIFICATES, "self_signed", SELF_SIGNED},
    {SCAN_ROOT, "checks", CHECKS},
    {CHECKS, "id", ID},
    {CHECKS, "pass", PASS},
    {CHECKS, "fail", FAIL},
    {CHECKS, "unknown", UNKNOWN},
};

/* What is known of the domain whose line is read. */
struct tally_line {
    struct arena arena;
    char checked_at[TALLY_TIME_BYTES];
    enum summary_status status;
    bool has_status;
    struct str names[TALLY_KINDS][TALLY_NAMES_MAX]; /* each once */
    size_t name_counts[TALLY_KINDS];
    struct str host, issuer; /* that is read */
    bool is_mail_host, self_signed;
    size_t certificate;      /* its number in the chain, from 1 */
    unsigned char *verdicts; /* enum verdict_value by row of the table */
    size_t row;              /* of the check that is read; check_count(): none that is known */
    uint64_t pass, fail, unknown;
};

/* ---- names that others share ---- */

static void use(struct tally_line *l, enum tally_kind kind, struct str name)
{
    for (size_t i = 0; i < l->name_counts[kind]; i++)
        if (str_eq(l->names[kind][i], name))
            return;
    if (name.n && l->name_counts[kind] < TALLY_NAMES_MAX)
        l->names[kind][l->name_counts[kind]++] = arena_copy(&l->arena, name);
}

static void use_host(struct tally_line *l, struct str host)
{
    const char *name = arena_cstr(&l->arena, host), *operator_domain = name ? name_organisational_domain(name, &l->arena) : NULL;
    if (str_is(host, "."))
        return;
    use(l, TALLY_SERVERS, host);
    use(l, TALLY_OPERATORS, str_of(operator_domain));
}

/* The end of a part of a distinguished name in the form of RFC 2253. */
static size_t part_end(struct str dn)
{
    size_t n = 0;
    while (n < dn.n && dn.p[n] != ',' && dn.p[n] != '+')
        n += dn.p[n] == '\\' ? 2 : 1;
    return n < dn.n ? n : dn.n;
}

static struct str without_backslashes(struct arena *arena, struct str text)
{
    char *plain = arena_alloc(arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; plain && i < text.n; i++) {
        i += text.p[i] == '\\' && i + 1 < text.n;
        plain[n++] = text.p[i];
    }
    return (struct str){plain, n};
}

/* Its organisation; of who names none, all of it. */
static struct str organisation_of(struct arena *arena, struct str dn)
{
    for (struct str rest = dn; rest.n;) {
        size_t n = part_end(rest), next = n < rest.n ? n + 1 : n;
        if (str_starts_nocase(rest, "O=") && n > 2)
            return without_backslashes(arena, (struct str){rest.p + 2, n - 2});
        rest = (struct str){rest.p + next, rest.n - next};
    }
    return dn;
}

/* ---- a line ---- */

static uint64_t number_of(struct str text)
{
    uint64_t n = 0;
    str_number(text, UINT64_MAX >> 1, &n);
    return n;
}

static void take_status(struct tally_line *l, struct str text)
{
    for (unsigned i = 0; i <= STATUS_INCONCLUSIVE; i++)
        if (str_is(text, status_text((enum summary_status)i))) {
            l->status = (enum summary_status)i;
            l->has_status = true;
        }
}

/* Checks stand in the order of the table, so the next is not far. */
static size_t row_of(const struct tally_line *l, struct str id)
{
    size_t count = check_count();
    for (size_t i = 0; i < count; i++) {
        size_t row = (l->row + 1 + i) % count;
        if (str_is(id, check_at(row)->id))
            return row;
    }
    return count;
}

static void on_value(void *arg, unsigned node, struct str text)
{
    struct tally_line *l = ((struct tally *)arg)->line;
    if (node == CHECKED_AT && text.n < sizeof l->checked_at)
        memcpy(l->checked_at, text.p, text.n);
    else if (node == STATUS)
        take_status(l, text);
    else if (node == HOST)
        l->host = arena_copy(&l->arena, text);
    else if (node == ROLE) /* behind the name */
        l->is_mail_host = str_is(text, "mail");
    else if (node == IP && l->is_mail_host)
        use(l, TALLY_ADDRESSES, text);
    else if (node == ISSUER)
        l->issuer = l->certificate == 1 ? organisation_of(&l->arena, arena_copy(&l->arena, text)) : l->issuer;
    else if (node == SELF_SIGNED)
        l->self_signed = str_is(text, "true");
    else if (node == ID)
        l->row = row_of(l, text);
    else if (node == PASS)
        l->pass = number_of(text);
    else if (node == FAIL)
        l->fail = number_of(text);
    else if (node == UNKNOWN)
        l->unknown = number_of(text);
}

static void on_opened(void *arg, unsigned node)
{
    struct tally_line *l = ((struct tally *)arg)->line;
    if (node == HOSTS)
        l->is_mail_host = false;
    else if (node == TLS)
        l->certificate = 0;
    else if (node == CERTIFICATES)
        l->certificate++;
    else if (node == CHECKS)
        l->pass = l->fail = l->unknown = 0;
}

static void on_closed(void *arg, unsigned node)
{
    struct tally_line *l = ((struct tally *)arg)->line;
    if (node == HOSTS && l->is_mail_host)
        use_host(l, l->host);
    else if (node == CERTIFICATES && l->certificate == 1 && l->is_mail_host && !l->self_signed)
        use(l, TALLY_CAS, l->issuer);
    else if (node == CHECKS && l->row < check_count())
        l->verdicts[l->row] = l->fail ? VERDICT_FAIL : l->unknown ? VERDICT_UNKNOWN : l->pass ? VERDICT_PASS : VERDICT_NA;
}

static void forget_line(struct tally *t)
{
    struct tally_line *l = t->line;
    unsigned char *verdicts = l->verdicts;
    arena_done(&l->arena);
    *l = (struct tally_line){.verdicts = verdicts, .row = check_count() - 1};
    memset(verdicts, VERDICT_NA, check_count());
    arena_init(&l->arena, LINE_BYTES_MAX);
    scan_restart(&t->scan);
}

static void count_times(struct tally *t)
{
    const char *at = t->line->checked_at;
    if (*at && (!*t->first || strcmp(at, t->first) < 0))
        memcpy(t->first, at, sizeof t->first);
    if (strcmp(at, t->last) > 0)
        memcpy(t->last, at, sizeof t->last);
}

static void count_line(struct tally *t)
{
    const struct tally_line *l = t->line;
    bool with_errors = l->status == STATUS_ERROR;
    t->domains++;
    t->by_status[l->status]++;
    count_times(t);
    for (size_t i = 0; i < check_count(); i++) {
        t->checks[i].failed += l->verdicts[i] == VERDICT_FAIL;
        t->checks[i].unknown += l->verdicts[i] == VERDICT_UNKNOWN;
        t->checks[i].passed += l->verdicts[i] == VERDICT_PASS;
    }
    for (size_t kind = 0; kind < TALLY_KINDS; kind++)
        for (size_t i = 0; i < l->name_counts[kind]; i++)
            if (heavy_count(&t->shared[kind], l->names[kind][i], l->name_counts[kind] == 1, with_errors) < 0)
                t->failed = true;
}

static void end_line(struct tally *t)
{
    if (scan_is_whole(&t->scan) && t->line->has_status && !t->line->arena.exhausted)
        count_line(t);
    else
        t->unread++;
    forget_line(t);
}

int tally_feed(struct tally *t, struct str bytes)
{
    while (bytes.n) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
        scan_feed(&t->scan, (struct str){bytes.p, n});
        if (end)
            end_line(t);
        bytes = (struct str){bytes.p + n + (end != NULL), bytes.n - n - (end != NULL)};
    }
    return t->failed ? -1 : 0;
}

void tally_drop(struct tally *t)
{
    forget_line(t);
}

int tally_init(struct tally *t, size_t max_names)
{
    *t = (struct tally){0};
    t->checks = calloc(check_count(), sizeof *t->checks);
    t->line = calloc(1, sizeof *t->line);
    if (!t->checks || !t->line || !(t->line->verdicts = calloc(check_count(), 1)))
        return -1;
    for (size_t kind = 0; kind < TALLY_KINDS; kind++)
        if (heavy_init(&t->shared[kind], max_names) < 0)
            return -1;
    scan_init(&t->scan, rows, sizeof rows / sizeof *rows);
    t->scan.value = on_value;
    t->scan.opened = on_opened;
    t->scan.closed = on_closed;
    t->scan.arg = t;
    forget_line(t);
    return 0;
}

void tally_done(struct tally *t)
{
    for (size_t kind = 0; kind < TALLY_KINDS; kind++)
        heavy_done(&t->shared[kind]);
    if (t->line) {
        arena_done(&t->line->arena);
        free(t->line->verdicts);
    }
    free(t->line);
    free(t->checks);
    *t = (struct tally){0};
}
