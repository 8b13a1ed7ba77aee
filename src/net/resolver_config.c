/* SPDX-License-Identifier: Apache-2.0 */
/* resolver_config - see resolver_config.h. */
#include "net/resolver_config.h"

#include "base/panic.h"
#include "net/route.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

/* The caches are caps, not sizes: they grow as answers come. A silent server is given up after about 4 s (it is asked four times), so
 * that who meets two of them still has an answer within a question's own limit; libunbound alone would go on for minutes. Names are
 * not minimised (RFC 9156): what is asked for lies below the domain under test, whose name the zones above hear in any case, and
 * minimising doubles the questions. */
static const struct {
    const char *name, *value;
} OPTIONS[] = {
    {"msg-cache-size:", "32m"},
    {"rrset-cache-size:", "64m"},
    {"key-cache-size:", "16m"},
    {"neg-cache-size:", "4m"},
    {"num-queries-per-thread:", "4096"},
    {"outgoing-num-tcp:", "100"},
    {"outbound-msg-retry:", "2"},
    {"infra-cache-max-rtt:", "1500"},
    {"unblock-lan-zones:", "yes"},
    {"qname-minimisation:", "no"},
};

/* Zones libunbound answers by itself that mail hosts under test may live in. Kept: localhost (RFC 6761 6.3)
 * and onion (RFC 7686), which must not leave this machine. */
static const char *const LOCAL_ZONES_REMOVED[] = {
    "test.",
    "invalid.",
    "home.arpa.",
    "127.in-addr.arpa.",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
};

static const char SYSTEM_ROOT_KEY[] = "/usr/share/dns/root.key";

/* The root's keys of 2017 and 2024 as IANA publishes them; for machines without the file. */
static const char *const ROOT_KEYS[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

static int say(char *error, size_t error_bytes, const char *subject, const char *problem)
{
    snprintf(error, error_bytes, "%s: %s", subject, problem);
    return -1;
}

/* One socket of libunbound is one question under way; the other half is for everything else. */
static unsigned socket_count(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur > 2 * 4096)
        return 4096;
    return limit.rlim_cur < 2 * 16 ? 16 : (unsigned)limit.rlim_cur / 2;
}

size_t resolver_questions_at_once(void)
{
    return socket_count() / 2; /* one may need the answers to others first */
}

/* Whether this machine has an IPv6 address the Internet could answer; F's root server is where to. */
static bool has_internet_v6(void)
{
    struct ip root_server, own;
    must(ip_parse(STR("2001:500:2f::f"), &root_server));
    return route_own_address(root_server, &own) == 0 && !ip_special_purpose(own);
}

static int set_option(struct ub_ctx *context, const char *name, const char *value, char *error, size_t error_bytes)
{
    int e = ub_ctx_set_option(context, name, value);
    return e ? say(error, error_bytes, name, ub_strerror(e)) : 0;
}

static int set_options(struct ub_ctx *context, const struct resolver_params *params, bool from_public_root, char *error, size_t error_bytes)
{
    char sockets[16];
    snprintf(sockets, sizeof sockets, "%u", socket_count());
    if (set_option(context, "outgoing-range:", sockets, error, error_bytes))
        return -1;
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        if (set_option(context, OPTIONS[i].name, OPTIONS[i].value, error, error_bytes))
            return -1;
    if (params->unvalidated && set_option(context, "module-config:", "iterator", error, error_bytes))
        return -1;
    /* Recursion would wait for name servers it cannot reach. A private root or a forwarder may well be on
     * this machine, where no route to the Internet is needed. */
    bool v6 = params->use_v6 && (!from_public_root || !params->use_v4 || has_internet_v6());
    if (set_option(context, "do-ip4:", params->use_v4 ? "yes" : "no", error, error_bytes) ||
        set_option(context, "do-ip6:", v6 ? "yes" : "no", error, error_bytes))
        return -1;
    /* Nobody's delegation makes us ask our own machine. */
    return set_option(context, "do-not-query-localhost:", from_public_root ? "yes" : "no", error, error_bytes);
}

static int check_readable(const char *file, char *error, size_t error_bytes)
{
    return access(file, R_OK) ? say(error, error_bytes, file, strerror(errno)) : 0;
}

/* libunbound takes a file without anchors, and then believes everything. */
static int check_anchors(const char *file, char *error, size_t error_bytes)
{
    FILE *f = fopen(file, "re");
    if (!f)
        return say(error, error_bytes, file, strerror(errno));
    char *line = NULL;
    size_t line_size = 0;
    bool found = false;
    while (!found && getline(&line, &line_size, f) > 0) {
        struct str rest = str_of(line), record = str_cut(&rest, ';');
        for (struct str word; !found && (word = str_word(&record)).n;)
            found = str_is(word, "DS") || str_is(word, "DNSKEY");
    }
    free(line);
    fclose(f);
    return found ? 0 : say(error, error_bytes, file, "holds no trust anchor (a DS or DNSKEY record)");
}

static int set_anchors(struct ub_ctx *context, const struct resolver_params *params, char *error, size_t error_bytes)
{
    const char *const *file = params->trust_anchor_files;
    int e = 0;
    if (file && *file) {
        for (; *file && !e; file++) {
            if (check_anchors(*file, error, error_bytes))
                return -1;
            e = ub_ctx_add_ta_file(context, *file);
        }
    } else if (access(SYSTEM_ROOT_KEY, R_OK) == 0) {
        e = ub_ctx_add_ta_file(context, SYSTEM_ROOT_KEY);
    } else {
        for (size_t i = 0; i < sizeof ROOT_KEYS / sizeof *ROOT_KEYS && !e; i++)
            e = ub_ctx_add_ta(context, ROOT_KEYS[i]);
    }
    return e ? say(error, error_bytes, "trust anchors", ub_strerror(e)) : 0;
}

static int set_source(struct ub_ctx *context, const struct resolver_params *params, const struct forwarder_list *forwarders, char *error, size_t error_bytes)
{
    for (size_t i = 0; i < forwarders->count; i++)
        if (ub_ctx_set_fwd(context, forwarders->addresses[i]))
            return say(error, error_bytes, forwarders->addresses[i], "is not the address of a resolver (ADDRESS or ADDRESS@PORT)");
    if (forwarders->count || !params->root_hints_file)
        return 0;
    if (check_readable(params->root_hints_file, error, error_bytes))
        return -1;
    return set_option(context, "root-hints:", params->root_hints_file, error, error_bytes);
}

static void drop_answer(void *arg, int rcode, void *packet, int packet_len, int sec, char *why_bogus, int was_ratelimited)
{
    (void)arg, (void)rcode, (void)packet, (void)packet_len, (void)sec, (void)why_bogus, (void)was_ratelimited;
}

/* Makes libunbound read its files now, so that what is wrong with them is known before the first question:
 * removing a zone finalises the context, the question (answered by the built-in zone) starts its worker. */
static int finalise(struct ub_ctx *context)
{
    int e = 0, id;
    for (size_t i = 0; i < sizeof LOCAL_ZONES_REMOVED / sizeof *LOCAL_ZONES_REMOVED && !e; i++)
        e = ub_ctx_zone_remove(context, LOCAL_ZONES_REMOVED[i]);
    return e ? e : ub_resolve_event(context, "localhost.", DNS_A, 1, NULL, drop_answer, &id);
}

/* libunbound's own words ("[time] libunbound[pid:0] error: ..."), first line, without what stands before them. */
static struct str first_complaint(char *log, size_t log_n)
{
    struct str rest = {log, log_n}, line = str_cut(&rest, '\n');
    char *error = memmem(line.p, line.n, "error: ", 7);
    if (!error)
        return line;
    return (struct str){error + 7, (size_t)(line.p + line.n - error) - 7};
}

struct ub_ctx *resolver_context_new(struct event_base *base, const struct resolver_params *params, const struct forwarder_list *forwarders, char *error, size_t error_bytes)
{
    must(params->use_v4 || params->use_v6);
    struct ub_ctx *context = ub_ctx_create_event(base);
    char *log = NULL;
    size_t log_n = 0;
    FILE *log_file = context ? open_memstream(&log, &log_n) : NULL;
    if (!log_file) {
        say(error, error_bytes, "libunbound", "out of memory");
        ub_ctx_delete(context);
        return NULL;
    }
    bool from_public_root = forwarders->count == 0 && !params->root_hints_file;
    ub_ctx_debugout(context, log_file);
    int failed = set_options(context, params, from_public_root, error, error_bytes) || set_anchors(context, params, error, error_bytes) ||
                 set_source(context, params, forwarders, error, error_bytes);
    if (!failed) {
        failed = finalise(context);
        fflush(log_file);
        struct str complaint = first_complaint(log, log_n);
        if (failed && !complaint.n)
            complaint = str_of(ub_strerror(failed));
        if (failed)
            snprintf(error, error_bytes, "the resolver cannot start: %.*s", (int)complaint.n, complaint.p);
    }
    ub_ctx_debugout(context, NULL); /* what peers send is no message of ours */
    fclose(log_file);
    free(log);
    if (!failed)
        return context;
    ub_ctx_delete(context);
    return NULL;
}

bool forwarder_list_add(struct forwarder_list *forwarders, struct str address)
{
    if (forwarders->count == RESOLVER_FORWARDERS_MAX || address.n == 0 || address.n >= RESOLVER_FORWARDER_BYTES)
        return false;
    snprintf(forwarders->addresses[forwarders->count++], RESOLVER_FORWARDER_BYTES, "%.*s", (int)address.n, address.p);
    return true;
}

int resolver_read_resolv_conf(const char *file, struct forwarder_list *forwarders, char *error, size_t error_bytes)
{
    FILE *f = fopen(file, "re");
    if (!f)
        return say(error, error_bytes, file, strerror(errno));
    char *line = NULL;
    size_t line_size = 0;
    ssize_t n;
    *forwarders = (struct forwarder_list){.count = 0};
    while ((n = getline(&line, &line_size, f)) > 0) {
        struct str rest = {line, (size_t)n};
        if (rest.p[rest.n - 1] == '\n')
            rest.n--;
        if (str_is(str_word(&rest), "nameserver"))
            forwarder_list_add(forwarders, str_word(&rest)); /* more than fit are not needed */
    }
    free(line);
    fclose(f);
    if (!forwarders->count)
        forwarder_list_add(forwarders, STR("127.0.0.1")); /* resolv.conf(5) */
    return 0;
}
