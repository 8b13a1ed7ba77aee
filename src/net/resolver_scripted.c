/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_scripted - see resolver_scripted.h. */
#include "net/resolver_scripted.h"

#include "base/panic.h"
#include "net/resolver_answer.h"
#include "wire/dns.h"

#include <stdlib.h>
#include <string.h>

enum { SCRIPT_TTL_S = 3600 };

enum row_kind { ROW_RECORD, ROW_FAILURE, ROW_ALIAS, ROW_ZONE };

struct row {
    struct row *next;
    enum row_kind kind;
    char *name; /* lower case, no final dot */
    enum dns_type type;
    enum dnssec_state dnssec;
    enum dns_status status; /* ROW_FAILURE; ROW_ZONE: DNS_FOUND, or how every question about it ends */
    char *text;             /* the data; the reason; the alias's target; NULL: none */
};

struct asked {
    struct asked *next;
    char *name;
    enum dns_type type;
    size_t count;
};

struct scripted_resolver {
    struct resolver base;
    struct loop *loop;
    struct row *rows, **rows_end;
    struct asked *asked;
    struct query **open;
    size_t open_count, open_size;
    int64_t delay_ms;
    const char *rewritten; /* IPv4 address of all that does not exist; NULL: denials are left as they are */
};

static struct scripted_resolver *scripted_of(const struct resolver *r)
{
    return (struct scripted_resolver *)r;
}

static char *copy_name(const char *name)
{
    char *copy = strdup(name);
    size_t n = copy ? strlen(copy) : 0;
    for (size_t i = 0; i < n; i++)
        copy[i] = ascii_lower(copy[i]);
    if (n > 1 && copy[n - 1] == '.')
        copy[n - 1] = '\0';
    return copy;
}

static int hex_value(char c)
{
    char lower = ascii_lower(c);
    return ascii_is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* "3 1 1 HEX", blanks in HEX allowed (RFC 6698 2.2), as rdata. */
static bool make_tlsa(struct str text, struct str *data, struct arena *arena)
{
    char *octets = arena_alloc(arena, 3 + text.n);
    size_t digits = 0;
    for (size_t i = 0; octets && i < 3; i++) {
        uint64_t number;
        if (!str_number(str_word(&text), UINT8_MAX, &number))
            return false;
        octets[i] = (char)number;
    }
    for (size_t i = 0; octets && i < text.n; i++) {
        int value = hex_value(text.p[i]);
        if (text.p[i] == ' ')
            continue;
        if (value < 0)
            return false;
        octets[3 + digits / 2] = (char)(digits % 2 ? (unsigned char)octets[3 + digits / 2] | value : value << 4);
        digits++;
    }
    *data = (struct str){octets, 3 + digits / 2};
    return octets && digits % 2 == 0;
}

/* `0 issue "ca.example"`, the value in quotes or without, as rdata. */
static bool make_caa(struct str text, struct str *data, struct arena *arena)
{
    uint64_t flags;
    bool good = str_number(str_word(&text), UINT8_MAX, &flags);
    struct str tag = str_word(&text), value = str_trim(text);
    if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
        value = (struct str){value.p + 1, value.n - 2};
    if (!good || tag.n == 0 || tag.n > UINT8_MAX)
        return false;
    char *octets = arena_alloc(arena, 2 + tag.n + value.n);
    if (!octets)
        return false;
    octets[0] = (char)flags;
    octets[1] = (char)tag.n;
    memcpy(octets + 2, tag.p, tag.n);
    memcpy(octets + 2 + tag.n, value.p, value.n);
    *data = (struct str){octets, 2 + tag.n + value.n};
    return true;
}

/* Priority, weight, port. */
static bool take_srv_numbers(struct str *rest, struct dns_record *record)
{
    uint64_t numbers[3];
    for (size_t i = 0; i < 3; i++)
        if (!str_number(str_word(rest), UINT16_MAX, &numbers[i]))
            return false;
    record->preference = (uint16_t)numbers[0];
    record->port = (uint16_t)numbers[2];
    *rest = str_word(rest);
    return true;
}

/* The record of a row; names and data are copied into the arena. False when the text is none of its type. */
static bool make_record(const char *text, enum dns_type type, struct dns_record *record, struct arena *arena)
{
    struct str rest = str_of(text);
    uint64_t preference;
    *record = (struct dns_record){.type = type, .ttl_s = SCRIPT_TTL_S};
    switch ((int)type) {
    case DNS_A:
    case DNS_AAAA:
        return ip_parse(rest, &record->ip) && record->ip.family == (type == DNS_A ? IP_V4 : IP_V6);
    case DNS_MX:
        if (!str_number(str_word(&rest), UINT16_MAX, &preference))
            return false;
        record->preference = (uint16_t)preference;
        rest = str_word(&rest);
        break;
    case DNS_SRV:
        if (!take_srv_numbers(&rest, record))
            return false;
        break;
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        break;
    case DNS_TLSA:
        return make_tlsa(rest, &record->data, arena);
    case DNS_CAA:
        return make_caa(rest, &record->data, arena);
    default:
        record->data = arena_copy(arena, rest);
        return true;
    }
    if (rest.n > 1 && rest.p[rest.n - 1] == '.')
        rest.n--;
    char *name = arena_cstr(arena, rest);
    for (char *p = name; p && *p; p++)
        *p = ascii_lower(*p);
    record->name = name;
    return rest.n > 0;
}

static int add_row(struct scripted_resolver *s, struct row row, const char *name, const char *text)
{
    struct row *copy = malloc(sizeof *copy);
    if (!copy)
        return -1;
    *copy = row;
    copy->name = copy_name(name);
    copy->text = !text ? NULL : row.kind == ROW_ALIAS ? copy_name(text) : strdup(text);
    if (!copy->name || (text && !copy->text)) {
        free(copy->name);
        free(copy->text);
        free(copy);
        return -1;
    }
    *s->rows_end = copy;
    s->rows_end = &copy->next;
    return 0;
}

int scripted_dns_add(struct resolver *r, const char *name, enum dns_type type, enum dnssec_state dnssec, const char *data)
{
    struct arena arena;
    struct dns_record record;
    arena_init(&arena, 256 * 1024);
    bool good = make_record(data, type, &record, &arena);
    arena_done(&arena);
    return good ? add_row(scripted_of(r), (struct row){.kind = ROW_RECORD, .type = type, .dnssec = dnssec}, name, data) : -1;
}

int scripted_dns_fail(struct resolver *r, const char *name, enum dns_type type, enum dns_status status, enum dnssec_state dnssec, const char *reason)
{
    must(status != DNS_FOUND && status != DNS_NOT_ASKED);
    return add_row(scripted_of(r), (struct row){.kind = ROW_FAILURE, .type = type, .dnssec = dnssec, .status = status}, name, reason);
}

int scripted_dns_alias(struct resolver *r, const char *name, enum dnssec_state dnssec, const char *target)
{
    return add_row(scripted_of(r), (struct row){.kind = ROW_ALIAS, .dnssec = dnssec}, name, target);
}

int scripted_dns_zone(struct resolver *r, const char *name, enum dns_status status, enum dnssec_state dnssec, const char *reason)
{
    must(status != DNS_NOT_ASKED);
    return add_row(scripted_of(r), (struct row){.kind = ROW_ZONE, .dnssec = dnssec, .status = status}, name, reason);
}

void scripted_dns_delay(struct resolver *r, int64_t delay_ms)
{
    scripted_of(r)->delay_ms = delay_ms;
}

void scripted_dns_rewrite(struct resolver *r, const char *ipv4)
{
    struct ip ip;
    must(ip_parse(str_of(ipv4), &ip) && ip.family == IP_V4);
    scripted_of(r)->rewritten = ipv4;
}

static struct asked *find_asked(const struct scripted_resolver *s, const char *name, enum dns_type type)
{
    struct asked *a = s->asked;
    while (a && (a->type != type || !str_is_nocase(str_of(name), a->name)))
        a = a->next;
    return a;
}

size_t scripted_dns_asked(const struct resolver *r, const char *name, enum dns_type type)
{
    const struct asked *a = find_asked(scripted_of(r), name, type);
    return a ? a->count : 0;
}

const char *scripted_dns_asked_twice(const struct resolver *r)
{
    for (const struct asked *a = scripted_of(r)->asked; a; a = a->next)
        if (a->count > 1)
            return a->name;
    return NULL;
}

size_t scripted_dns_open(const struct resolver *r)
{
    return scripted_of(r)->open_count;
}

static int count_asked(struct scripted_resolver *s, const char *name, enum dns_type type)
{
    struct asked *a = find_asked(s, name, type);
    if (!a) {
        a = calloc(1, sizeof *a);
        if (!a || !(a->name = copy_name(name))) {
            free(a);
            return -1;
        }
        a->type = type;
        a->next = s->asked;
        s->asked = a;
    }
    a->count++;
    return 0;
}

/* The longest zone that has the name; NULL: none. */
static const struct row *zone_of(const struct scripted_resolver *s, const char *name)
{
    const struct row *zone = NULL;
    for (const struct row *row = s->rows; row; row = row->next)
        if (row->kind == ROW_ZONE && dns_name_is_within(name, row->name) && (!zone || strlen(row->name) > strlen(zone->name)))
            zone = row;
    return zone;
}

static const struct row *find_row(const struct scripted_resolver *s, enum row_kind kind, const char *name, enum dns_type type)
{
    for (const struct row *row = s->rows; row; row = row->next)
        if (row->kind == kind && (kind == ROW_ALIAS || row->type == type) && str_is_nocase(str_of(name), row->name))
            return row;
    return NULL;
}

static bool name_exists(const struct scripted_resolver *s, const char *name)
{
    for (const struct row *row = s->rows; row; row = row->next)
        if (dns_name_is_within(row->name, name))
            return true;
    return false;
}

static enum dnssec_state lower(enum dnssec_state state, enum dnssec_state of_row)
{
    return state == DNSSEC_SECURE ? of_row : state;
}

static void collect_records(const struct scripted_resolver *s, const struct query *q, const char *name, struct dns_reply *reply)
{
    struct dns_record *records = ARENA_ARRAY(q->arena, struct dns_record, RESOLVER_RECORDS_MAX);
    reply->records = records;
    for (const struct row *row = s->rows; row && records; row = row->next) {
        bool fits = row->kind == ROW_ALIAS ? q->type == DNS_CNAME : row->kind == ROW_RECORD && row->type == q->type;
        if (!fits || !str_is_nocase(str_of(name), row->name))
            continue;
        reply->lookup.dnssec = lower(reply->lookup.dnssec, row->dnssec);
        if (reply->record_count == RESOLVER_RECORDS_MAX)
            reply->records_left_out++;
        else if (make_record(row->text, q->type, &records[reply->record_count], q->arena))
            reply->record_count++;
    }
}

/* Where a question leads. */
struct way {
    const char *name;          /* last of the alias chain; the question's own without one */
    enum dnssec_state dnssec;  /* what the aliases leave of it */
    const struct row *failure; /* that ends it, of the name or of a zone on the way; NULL: none */
    bool endless;              /* more aliases than a resolver follows */
};

static const struct row *failure_at(const struct scripted_resolver *s, const char *name, enum dns_type type)
{
    const struct row *zone = zone_of(s, name);
    return zone && zone->status != DNS_FOUND ? zone : find_row(s, ROW_FAILURE, name, type);
}

static struct way follow(const struct scripted_resolver *s, const struct query *q)
{
    struct way way = {.name = q->name, .dnssec = DNSSEC_SECURE, .failure = failure_at(s, q->name, q->type)};
    const struct row *alias;
    for (int i = 0; !way.endless && !way.failure && q->type != DNS_CNAME && (alias = find_row(s, ROW_ALIAS, way.name, q->type)); i++) {
        way.endless = i == DNS_ALIASES_MAX;
        way.dnssec = lower(way.dnssec, alias->dnssec);
        way.name = alias->text;
        way.failure = failure_at(s, way.name, q->type);
    }
    return way;
}

static void make_reply(const struct scripted_resolver *s, const struct query *q, struct dns_reply *reply)
{
    struct dns_lookup *lookup = &reply->lookup;
    const struct way way = follow(s, q);
    lookup->dnssec = way.dnssec;
    if (way.name != q->name)
        lookup->alias_of = arena_strdup(q->arena, way.name);
    if (way.failure) {
        lookup->status = way.failure->status;
        lookup->dnssec = way.failure->dnssec;
        lookup->reason = arena_strdup(q->arena, way.failure->text);
    } else if (way.endless) {
        *lookup = (struct dns_lookup){.dnssec = DNSSEC_INDETERMINATE};
        resolver_answer_failed(reply, DNS_RCODE_SERVFAIL);
    } else {
        collect_records(s, q, way.name, reply);
        lookup->status = reply->record_count ? DNS_FOUND : name_exists(s, way.name) ? DNS_NODATA : DNS_NXDOMAIN;
        lookup->ttl_s = reply->record_count ? SCRIPT_TTL_S : 0;
        reply->keep_s = SCRIPT_TTL_S;
        const struct row *zone = zone_of(s, way.name);
        if (!reply->record_count && zone)
            lookup->dnssec = lower(lookup->dnssec, zone->dnssec);
    }
    if (lookup->status == DNS_NXDOMAIN)
        lookup->rcode = DNS_RCODE_NXDOMAIN;
    else if (lookup->status == DNS_FAILED)
        lookup->rcode = DNS_RCODE_SERVFAIL;
}

static void rewrite_denial(const struct scripted_resolver *s, const struct query *q, struct dns_reply *reply)
{
    struct dns_lookup *lookup = &reply->lookup;
    struct dns_record *record = ARENA_NEW(q->arena, struct dns_record);
    if (lookup->dnssec == DNSSEC_SECURE) {
        *lookup = (struct dns_lookup){.status = DNS_BOGUS, .dnssec = DNSSEC_BOGUS, .reason = "validation failure: signatures are missing"};
    } else if (record && make_record(s->rewritten, DNS_A, record, q->arena)) {
        *lookup = (struct dns_lookup){.status = DNS_FOUND, .dnssec = lookup->dnssec, .ttl_s = SCRIPT_TTL_S};
        reply->records = record;
        reply->record_count = 1;
    }
}

static void close_query(struct query *q)
{
    struct scripted_resolver *s = scripted_of(q->resolver);
    size_t i = 0;
    while (s->open[i] != q)
        must(++i < s->open_count);
    s->open[i] = s->open[--s->open_count];
    timer_cancel(&q->timer);
    q->resolver = NULL;
}

static void answer(void *arg)
{
    struct query *q = arg;
    const struct scripted_resolver *s = scripted_of(q->resolver);
    struct dns_reply reply = {.record_count = 0};
    make_reply(s, q, &reply);
    if (s->rewritten && q->type == DNS_A && reply.lookup.status == DNS_NXDOMAIN)
        rewrite_denial(s, q, &reply);
    if (q->arena->exhausted)
        resolver_answer_trouble(&reply, "no memory left for the answer");
    reply.lookup.took_ms = mono_ms_between(q->asked, loop_now(s->loop));
    close_query(q);
    q->fn(q->arg, &reply);
}

static void time_out(void *arg)
{
    struct query *q = arg;
    struct dns_reply reply = {.lookup = {.status = DNS_TIMEOUT, .took_ms = mono_ms_between(q->asked, loop_now(scripted_of(q->resolver)->loop))}};
    close_query(q);
    q->fn(q->arg, &reply);
}

static void scripted_ask(struct resolver *r, struct query *q, int64_t limit_ms)
{
    struct scripted_resolver *s = scripted_of(r);
    if (s->open_count == s->open_size) {
        s->open_size = s->open_size ? 2 * s->open_size : 64;
        s->open = reallocarray(s->open, s->open_size, sizeof *s->open);
        must(s->open);
    }
    s->open[s->open_count++] = q;
    must(count_asked(s, q->name, q->type) == 0);
    q->asked = loop_now(s->loop);
    const struct row *failure = follow(s, q).failure;
    bool silent = s->delay_ms >= limit_ms || (failure && failure->status == DNS_TIMEOUT);
    timer_start(s->loop, &q->timer, silent ? limit_ms : s->delay_ms, silent ? time_out : answer, q);
}

static const char *scripted_describe(const struct resolver *r)
{
    (void)r;
    return "recursive"; /* as it plays one */
}

static void scripted_free(struct resolver *r)
{
    struct scripted_resolver *s = scripted_of(r);
    while (s->open_count)
        query_cancel(s->open[0]);
    while (s->rows) {
        struct row *next = s->rows->next;
        free(s->rows->name);
        free(s->rows->text);
        free(s->rows);
        s->rows = next;
    }
    while (s->asked) {
        struct asked *next = s->asked->next;
        free(s->asked->name);
        free(s->asked);
        s->asked = next;
    }
    free(s->open);
    free(s);
}

static const struct resolver_ops OPS = {.ask = scripted_ask, .cancel = close_query, .describe = scripted_describe, .free = scripted_free};

struct resolver *scripted_resolver_new(struct loop *l)
{
    struct scripted_resolver *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct scripted_resolver){.base.ops = &OPS, .loop = l};
    s->rows_end = &s->rows;
    return &s->base;
}
