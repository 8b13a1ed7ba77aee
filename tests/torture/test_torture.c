/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_torture - whole jobs, from the name to the report, in which the k-th allocation fails, for every k.
 *
 * What must hold: nothing crashes and nothing is lost. Either there is no job, no judgement or no report, and the caller
 * is told so; or the report is as it would have been; or it says that it is incomplete, or does not know something.
 * Never does it accuse the target of what a run with enough memory does not find. OpenSSL does not always tell that it was
 * short of memory: then the report may tell of a failed handshake, and only the rest must hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../unit/net/tls_peer.h"
#include "../unit/probe/world.h"
#include "report/report.h"
#include "torture.h"

enum { REPORT_MAX_BYTES = 8 << 20, ACCUSATIONS_MAX = 64, ACCUSATION_BYTES = 200, STARTS_OF_SHORTAGE = 400 };

struct outcome {
    bool started, judged, written;
    bool incomplete, hit_library;
    size_t allocations, before_judge; /* all; those up to the judgement */
    size_t unknowns, accusation_count;
    char accusations[ACCUSATIONS_MAX][ACCUSATION_BYTES];
    struct buf text, json;
};

struct play { /* one job in one world */
    const char *name;
    void (*prepare)(struct world *w);
    const char *server; /* NULL: the domain good.test */
    uint16_t port;
};

static const struct pki_cert *authority, *leaf;

static void put_down(struct outcome *o, const struct verdict *v)
{
    char ip[IP_TEXT_BYTES] = "";
    if (v->value == VERDICT_UNKNOWN)
        o->unknowns++;
    if (v->value != VERDICT_FAIL)
        return;
    assert_true(o->accusation_count < ACCUSATIONS_MAX);
    if (v->subject.address)
        ip_write(v->subject.address->ip, ip);
    snprintf(o->accusations[o->accusation_count++], ACCUSATION_BYTES, "%s %s %s %u", v->check->id, v->subject.host ? v->subject.host->name : "", ip,
             v->subject.endpoint ? v->subject.endpoint->port : 0u);
}

static void note_end(void *arg, struct job *job)
{
    bool *ended = arg;
    (void)job;
    assert_false(*ended);
    *ended = true;
}

static struct job *start(struct world *w, const struct play *p, bool *ended)
{
    static const struct domain_name domain = {"good.test", "good.test"};
    struct server_name server = {.name = {p->server, p->server}, .port = p->port};
    if (!p->server)
        return job_start_domain(&w->prober, "good.test", &domain, note_end, ended);
    if (!ip_parse(str_of(p->server), &server.ip))
        server.ip = (struct ip){.family = IP_NONE};
    return job_start_server(&w->prober, p->server, &server, note_end, ended);
}

static void report_on(struct job *job, struct outcome *o)
{
    static const struct judge_options options;
    static const struct text_style style = {.all = true, .verbose = true, .transcript = true};
    const struct facts *facts = job_facts(job);
    struct judgement judgement;
    o->incomplete = facts->incomplete;
    o->before_judge = torture_asked();
    o->judged = judge(facts, &options, facts->checked_at, job_arena(job), &judgement) == 0;
    if (!o->judged)
        return;
    torture_pause();
    for (size_t i = 0; i < judgement.count; i++)
        put_down(o, &judgement.verdicts[i]);
    torture_resume();
    const struct report report = {facts, &judgement};
    report_write_text(&o->text, &report, &style);
    report_write_json(&o->json, &report, 0);
    o->written = !o->text.failed && !o->json.failed;
}

static void run(const struct play *p, size_t k, bool all_after, struct outcome *o)
{
    void *state;
    bool ended = false;
    memset(o, 0, sizeof *o);
    buf_init(&o->text, REPORT_MAX_BYTES);
    buf_init(&o->json, REPORT_MAX_BYTES);
    assert_int_equal(world_set_up(&state), 0);
    struct world *w = state;
    snprintf(w->prober.random_name, sizeof w->prober.random_name, "abcdefghijklmnopqrst");
    p->prepare(w);
    torture_arm(k, all_after);
    struct job *job = start(w, p, &ended);
    o->started = job != NULL;
    if (job) {
        assert_int_equal(loop_run(w->loop), 0);
        assert_true(ended);
        report_on(job, o);
        job_free(job);
    } else {
        assert_int_equal(loop_run(w->loop), 0);
        assert_false(ended);
    }
    torture_disarm();
    o->allocations = torture_asked();
    o->hit_library = torture_hit_library();
    assert_int_equal(scripted_dns_open(w->prober.resolver), 0);
    world_tear_down(&state);
}

static void outcome_done(struct outcome *o)
{
    buf_done(&o->text);
    buf_done(&o->json);
}

/* The report behind the time that it took. */
static struct str body_of(const struct buf *json)
{
    const char *body = memmem(json->bytes, json->used, "\"incomplete\"", 12);
    assert_non_null(body);
    return (struct str){body, (size_t)(json->bytes + json->used - body)};
}

/* Of a connection that our own side broke off. */
static bool says_not_probed(const struct buf *json)
{
    static const char words[] = "\"outcome\":\"not_probed\"";
    return memmem(json->bytes, json->used, words, sizeof words - 1);
}

static void compare(const struct play *p, size_t k, const struct outcome *good, const struct outcome *o)
{
    for (size_t i = 0; i < o->accusation_count; i++) {
        bool found = false;
        for (size_t j = 0; j < good->accusation_count; j++)
            found = found || strcmp(good->accusations[j], o->accusations[i]) == 0;
        if (!found)
            fail_msg("%s, allocation %zu: a false accusation: %s\n%.*s", p->name, k, o->accusations[i], (int)o->text.used, o->text.bytes);
    }
    bool facts_may_differ = k <= good->before_judge;
    assert_true(!o->written || o->incomplete || o->unknowns > good->unknowns || o->accusation_count == good->accusation_count);
    if (!o->written || o->incomplete || o->unknowns > good->unknowns || !facts_may_differ || o->hit_library || says_not_probed(&o->json))
        return;
    struct str wanted = body_of(&good->json), found = body_of(&o->json);
    size_t at = 0;
    while (at < found.n && at < wanted.n && found.p[at] == wanted.p[at])
        at++;
    if (at == found.n && at == wanted.n)
        return;
    at -= at < 100 ? at : 100;
    fail_msg("%s, allocation %zu: the report is another, and does not say that something is missing:\n%.200s\nwith enough memory it is\n%.200s", p->name, k,
             found.p + at, wanted.p + at);
}

static void torture_one(const struct play *p, bool all_after)
{
    static struct outcome good, o;
    size_t negative = 0, incomplete = 0;
    run(p, 0, false, &good);
    size_t count = good.allocations;
    assert_true(good.started && good.judged && good.written && !good.incomplete && count > 100);
    size_t live = torture_live();
    size_t step = all_after ? 1 + count / STARTS_OF_SHORTAGE : 1;
    for (size_t k = 1; k <= count; k += step) {
        run(p, k, all_after, &o);
        compare(p, k, &good, &o);
        negative += !o.written;
        incomplete += o.written && (o.incomplete || o.unknowns > good.unknowns);
        outcome_done(&o);
        if (torture_live() != live)
            fail_msg("%s, allocation %zu: %zd blocks are lost", p->name, k, (ssize_t)(torture_live() - live));
    }
    print_message("%s%s: %zu allocations; %zu times no report, %zu times an incomplete one\n", p->name, all_after ? ", from then on" : "", count, negative,
                  incomplete);
    outcome_done(&good);
}

static void two_hosts(struct world *w)
{
    dns(w, "good.test", DNS_MX, "10 mx1.good.test");
    dns(w, "good.test", DNS_MX, "20 mx2.good.test");
    dns(w, "mx1.good.test", DNS_A, "192.0.2.1");
    dns(w, "mx1.good.test", DNS_AAAA, "2001:db8::1");
    dns(w, "mx2.good.test", DNS_A, "192.0.2.2");
    dns(w, "1.2.0.192.in-addr.arpa", DNS_PTR, "mx1.good.test");
    dns(w, "2.2.0.192.in-addr.arpa", DNS_PTR, "mx2.good.test");
    serve(w, "192.0.2.1", 25, &healthy);
    serve(w, "2001:db8::1", 25, &healthy);
    serve(w, "192.0.2.2", 25, &healthy);
}

static void nobody_answers(struct world *w)
{
    one_mx(w, "192.0.2.1");
    refuse(w, "192.0.2.1");
    serve(w, "192.0.2.251", 25, &healthy);
    refuse(w, "192.0.2.252");
}

static void no_mx(struct world *w)
{
    dns(w, "good.test", DNS_A, "192.0.2.1");
    dns(w, "good.test", DNS_TXT, "v=spf1 a -all");
    serve(w, "192.0.2.1", 25, &healthy);
}

static void one_server_by_name(struct world *w)
{
    dns(w, "mx1.good.test", DNS_A, "192.0.2.1");
    serve(w, "192.0.2.1", 25, &healthy);
}

static void log_in(struct world *w)
{
    static struct server s;
    s = server_with(server_with(healthy, "EHLO", "250-mx1.good.test\r\n250 AUTH CRAM-MD5\r\n", STAY), "AUTH", "334 PDFAZ29vZC50ZXN0Pg==\r\n", STAY);
    s = server_with(s, "dXNlc", "235 welcome\r\n", STAY); /* "user", in base64 */
    w->prober.options.auth_user = "user";
    w->prober.options.auth_password = "secret";
    serve(w, "192.0.2.1", 587, &s);
}

static void open_tls(struct scripted_connection *c, void *arg)
{
    const struct peer_plan plan = {.chain = {leaf, authority}};
    (void)arg;
    torture_pause();
    scripted_set_state(c, peer_new(&plan));
    torture_resume();
    scripted_say(c, 0, "220 mx1.good.test ESMTP\r\n", 25);
}

static void hear_tls(struct scripted_connection *c, const uint8_t *bytes, size_t n, void *arg)
{
    struct peer *peer = scripted_state(c);
    struct str heard = {(const char *)bytes, n};
    (void)arg;
    torture_pause();
    if (str_starts_nocase(heard, "EHLO")) {
        scripted_say(c, 1, WITH_STARTTLS, sizeof WITH_STARTTLS - 1);
    } else if (str_starts_nocase(heard, "STARTTLS")) {
        scripted_say(c, 1, "220 go\r\n", 8);
    } else if (str_starts_nocase(heard, "QUIT")) {
        scripted_end(c, 1, TRANSPORT_EOF);
    } else {
        size_t before = peer_read(peer).n;
        struct str said = peer_answer(peer, heard);
        scripted_say(c, 1, said.p, said.n);
        struct str clear = peer_read(peer);
        struct str line = {clear.p + before, clear.n - before};
        if (line.n) {
            peer_write(peer, str_starts_nocase(line, "RCPT") ? "554 no\r\n" : str_starts_nocase(line, "QUIT") ? "221 bye\r\n" : "250 mx1.good.test\r\n");
            said = peer_answer(peer, STR(""));
            scripted_say(c, 1, said.p, said.n);
        }
    }
    torture_resume();
}

static void close_tls(struct scripted_connection *c, void *arg)
{
    (void)arg;
    torture_pause();
    peer_free(scripted_state(c));
    torture_resume();
}

static void through_tls(struct world *w)
{
    const struct scripted_peer peer = {.connect_delay_ms = 5, .on_open = open_tls, .on_data = hear_tls, .on_close = close_tls};
    one_mx(w, "192.0.2.1");
    dns(w, "1.2.0.192.in-addr.arpa", DNS_PTR, "mx1.good.test");
    assert_int_equal(scripted_serve(w->prober.net.dialer, ip_of("192.0.2.1"), 25, &peer), 0);
}

static const struct play plays[] = {
    {"two hosts", two_hosts, NULL, 0},
    {"nobody answers", nobody_answers, NULL, 0},
    {"no MX", no_mx, NULL, 0},
    {"a server by name", one_server_by_name, "mx1.good.test", 25},
    {"log in", log_in, "192.0.2.1", 587},
    {"through TLS", through_tls, NULL, 0},
};

static void one_allocation_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        torture_one(&plays[i], false);
}

static void memory_is_used_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plays / sizeof *plays; i++)
        torture_one(&plays[i], true);
}

static int make_certificates(void **state)
{
    (void)state;
    authority = pki_make((struct pki_plan){.common_name = "Authority", .ca = true});
    leaf = pki_make((struct pki_plan){.common_name = "mx1.good.test", .names = {STR("mx1.good.test")}, .issuer = authority});
    return 0;
}

static int free_certificates(void **state)
{
    (void)state;
    pki_free_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_allocation_fails),
        cmocka_unit_test(memory_is_used_up),
    };
    torture_init();
    return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
