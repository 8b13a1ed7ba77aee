/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_pool - real workers in a scripted world: what becomes of orders when workers die, hang, lie or do what they may not.
 *
 * The world is opened in each worker: names and mail servers from tables. To connect to one of the servers is to make the
 * worker itself do what the server's row says: crash, hang, send garbage to its parent, call what is forbidden. What workers
 * find out about themselves they write into shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/fetch_scripted.h"
#include "net/resolver_scripted.h"
#include "net/transport_scripted.h"
#include "worker/confine.h"
#include "worker/pool.h"

enum { WORKS_MAX = 1000, PATIENCE_MS = 60 * 1000, SHORT_SILENCE_MS = 400, WORKERS_SEEN_MAX = 64 };

static struct shared { /* with the workers */
    pid_t pids[WORKERS_SEEN_MAX];
    size_t born;
    unsigned uid, uid_saved, file_error, cores, descriptors, hanging;
} * shared;

/* ---- what workers do ---- */

static void nothing(void)
{
}

static void crash(void)
{
    abort();
}

static void hang(void)
{
    shared->hanging = 1;
    for (;;)
        poll(NULL, 0, -1);
}

static void spin(void)
{
    for (volatile unsigned long i = 0;; i++)
        ;
}

static void write_to_parent(const char *bytes, size_t n)
{
    (void)!write(CONFINED_FD, bytes, n);
}

static void send_garbage(void)
{
    write_to_parent("GET / HTTP/1.1\r\n\r\n", 18);
}

static void send_order(void)
{
    write_to_parent("\x08\0\0\0\x02\1\0\0\0\0\0\0\0", 13);
}

static void send_huge_length(void)
{
    write_to_parent("\xff\xff\xff\x7f\x07", 5);
}

static void send_broken_result(void)
{
    write_to_parent("\x0a\0\0\0\x07\1\0\0\0\0\0\0\0\0\0", 15);
}

/* A result for an order that nobody gave is dropped; the worker lives on. */
static void send_unknown_result(void)
{
    write_to_parent("\x0f\0\0\0\x07\xff\xff\0\0\0\0\0\0\x03\2\0\0\0x\0", 20);
}

static void run_program(void)
{
    char *argv[] = {(char *)"true", NULL}, *none[] = {NULL};
    execve("/bin/true", argv, none);
}

static void trace_parent(void)
{
    ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static void fork_again(void)
{
    if (fork() == 0)
        _exit(0);
}

static void make_code(void)
{
    /* cppcheck-suppress leakReturnValNotUsed ; the call itself is forbidden */
    (void)!mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void signal_others(void)
{
    kill(getppid(), 0);
}

static void listen_here(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    listen(fd, 1);
    close(fd);
}

static void raw_socket(void)
{
    /* cppcheck-suppress leakReturnValNotUsed ; the call itself is forbidden */
    (void)socket(AF_PACKET, SOCK_RAW, 0);
}

static void look_around(void)
{
    struct rlimit cores;
    shared->uid = getuid();
    shared->uid_saved = geteuid();
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    shared->file_error = fd < 0 ? (unsigned)errno : 0;
    shared->cores = getrlimit(RLIMIT_CORE, &cores) == 0 ? (unsigned)cores.rlim_max : 1;
    shared->descriptors = 0;
    for (int i = 0; i < 256; i++) /* the socket, standard error; input and output are nothing */
        shared->descriptors += fcntl(i, F_GETFD) >= 0;
}

static const struct {
    const char *name; /* "mx1.NAME.test" is its host */
    void (*act)(void);
    bool answers; /* the connection ends at once; else it stays silent */
} servers[] = {
    {"slow", nothing, false},
    {"down", nothing, true},
    {"crash", crash, false},
    {"hang", hang, false},
    {"spin", spin, false},
    {"garbage", send_garbage, false},
    {"order", send_order, false},
    {"huge", send_huge_length, false},
    {"broken", send_broken_result, false},
    {"unknown", send_unknown_result, true},
    {"execve", run_program, false},
    {"ptrace", trace_parent, false},
    {"fork", fork_again, false},
    {"code", make_code, false},
    {"kill", signal_others, false},
    {"listen", listen_here, false},
    {"raw", raw_socket, false},
    {"look", look_around, true},
};
enum { SERVER_COUNT = sizeof servers / sizeof *servers };

static void on_open(struct scripted_connection *c, void *arg)
{
    size_t i = (size_t)(uintptr_t)arg;
    servers[i].act();
    if (servers[i].answers)
        scripted_end(c, 1, TRANSPORT_EOF);
}

static void add_server(struct prober *p, size_t i)
{
    char domain[64], host[80], mx[96], ip[32];
    struct ip address;
    snprintf(domain, sizeof domain, "%s.test", servers[i].name);
    snprintf(host, sizeof host, "mx1.%s", domain);
    snprintf(mx, sizeof mx, "10 %s", host);
    snprintf(ip, sizeof ip, "192.0.2.%zu", i + 1);
    ip_parse(str_of(ip), &address);
    const struct scripted_peer peer = {.connect = TRANSPORT_OPEN, .on_open = on_open, .arg = (void *)(uintptr_t)i};
    scripted_dns_add(p->resolver, domain, DNS_MX, DNSSEC_SECURE, mx);
    scripted_dns_add(p->resolver, host, DNS_A, DNSSEC_SECURE, ip);
    scripted_serve(p->net.dialer, address, 25, &peer);
}

static int open_world(struct prober *p, void *arg, char *error, size_t error_bytes)
{
    static struct ip_network public_network;
    (void)arg;
    shared->pids[__atomic_fetch_add(&shared->born, 1, __ATOMIC_SEQ_CST) % WORKERS_SEEN_MAX] = getpid();
    p->net.loop = loop_new_real();
    p->net.dialer = scripted_dialer_new(p->net.loop);
    p->net.tls = tls_context_new(NULL, error, error_bytes);
    p->resolver = scripted_resolver_new(p->net.loop);
    p->fetcher = scripted_fetcher_new(p->net.loop);
    probe_options_init(&p->options);
    p->options.ehlo = "probe.test";
    p->options.control_count = 0;
    ip_network_parse(STR("192.0.2.0/24"), &public_network);
    p->options.public_networks = &public_network;
    p->options.public_network_count = 1;
    scripted_dns_add(p->resolver, ".", DNS_NS, DNSSEC_SECURE, "a.root.test");
    scripted_dns_add(p->resolver, "null.test", DNS_MX, DNSSEC_SECURE, "0 .");
    scripted_dns_add(p->resolver, "null.test", DNS_TXT, DNSSEC_SECURE, "v=spf1 -all");
    for (size_t i = 0; i < SERVER_COUNT; i++)
        add_server(p, i);
    return 0;
}

static int open_nothing(struct prober *p, void *arg, char *error, size_t error_bytes)
{
    (void)p, (void)arg;
    snprintf(error, error_bytes, "there is no net today");
    return -1;
}

static int die_early(struct prober *p, void *arg, char *error, size_t error_bytes)
{
    (void)p, (void)arg, (void)error, (void)error_bytes;
    _exit(3);
}

/* ---- the parent ---- */

struct order { /* one work and what became of it */
    struct work work;
    size_t ends, steps;
    enum work_end end;
    char problem[512], status[32], waits_for[256];
    char *json;
    size_t sizes[WORK_DOCUMENTS];
};

static struct test {
    struct loop *loop;
    struct pool *pool;
    struct timer patience, look;
    bool (*is_over)(const struct test *t);
    size_t ended;
    struct order orders[WORKS_MAX];
} test;

static int set_up(void **state)
{
    memset(&test, 0, sizeof test);
    memset(shared, 0, sizeof *shared);
    test.loop = loop_new_real();
    *state = &test;
    return test.loop ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pool_free(test.pool);
    for (size_t i = 0; i < WORKS_MAX; i++)
        free(test.orders[i].json);
    loop_free(test.loop);
    return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -1; /* no worker is left */
}

static void open_pool(struct pool_params params)
{
    char error[512] = "";
    params.open = params.open ? params.open : open_world;
    test.pool = pool_new(test.loop, &params, error, sizeof error);
    if (!test.pool)
        fail_msg("%s", error);
}

/* In one that has seen workers die the next would be late. */
static void open_fresh_pool(void)
{
    pool_free(test.pool);
    test.ended = 0;
    open_pool((struct pool_params){.workers = 1});
}

static void on_step(void *arg, const struct work_step *step)
{
    struct order *o = arg;
    o->steps++;
    snprintf(o->waits_for, sizeof o->waits_for, "%s", step->waits_for);
}

static void on_done(void *arg, const struct work_result *r)
{
    struct order *o = arg;
    o->ends++;
    o->end = r->end;
    snprintf(o->problem, sizeof o->problem, "%s", r->problem ? r->problem : "");
    snprintf(o->status, sizeof o->status, "%s", r->status ? r->status : "");
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        o->sizes[i] = r->documents[i].n;
    if (r->documents[WORK_JSON].n)
        o->json = strndup(r->documents[WORK_JSON].p, r->documents[WORK_JSON].n);
    test.ended++;
}

static struct order *start(size_t i, const struct work_order *order)
{
    struct order *o = &test.orders[i];
    assert_int_equal(work_start(test.pool, &o->work, order, on_step, on_done, o), 0);
    assert_int_equal(o->ends, 0); /* never inside the call that started it */
    return o;
}

static struct order *check(size_t i, const char *domain)
{
    return start(i, &(struct work_order){.target = domain});
}

static void on_patience(void *arg)
{
    (void)arg;
    fail_msg("nothing came of it in %d s", PATIENCE_MS / 1000);
}

static void look(void *arg)
{
    struct test *t = arg;
    if (t->is_over(t))
        loop_stop(t->loop);
    else
        timer_start(t->loop, &t->look, 1, look, t);
}

static void run_until(bool (*is_over)(const struct test *t))
{
    test.is_over = is_over;
    timer_start(test.loop, &test.patience, PATIENCE_MS, on_patience, NULL);
    timer_start(test.loop, &test.look, 0, look, &test);
    loop_run(test.loop);
    timer_cancel(&test.patience);
    timer_cancel(&test.look);
}

static bool one_ended(const struct test *t)
{
    return t->ended >= 1;
}

static bool three_ended(const struct test *t)
{
    return t->ended >= 3;
}

static bool all_ended(const struct test *t)
{
    return t->ended == WORKS_MAX;
}

static bool first_has_told_of_a_greeting(const struct test *t)
{
    return strstr(t->orders[0].waits_for, "greeting");
}

static bool both_have_told(const struct test *t)
{
    return t->orders[0].steps && t->orders[1].steps;
}

static bool one_hangs_and_one_has_told(const struct test *t)
{
    return shared->hanging && t->orders[1].steps;
}

static bool a_worker_is_ready(const struct test *t)
{
    return pool_state(t->pool).workers > 0;
}

static void expect_lost(const struct order *o, const char *why)
{
    if (o->ends != 1 || o->end != WORK_LOST || !strstr(o->problem, why))
        fail_msg("ends %zu, as %d: '%s', not '%s'", o->ends, o->end, o->problem, why);
}

/* Whatever happened: the next order is done. */
static void expect_at_work(size_t i)
{
    test.ended = 0;
    struct order *o = check(i, "null.test");
    run_until(one_ended);
    assert_int_equal(o->end, WORK_DONE);
}

/* ---- tests ---- */

static void an_order_gives_every_document(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    struct order *o = check(0, "null.test");
    run_until(one_ended);
    assert_int_equal(o->ends, 1);
    assert_int_equal(o->end, WORK_DONE);
    assert_null(o->work.pool);
    assert_true(strlen(o->status) > 0);
    assert_non_null(strstr(o->json, "\"null.test\""));
    for (size_t i = 0; i < WORK_DOCUMENTS; i++)
        if (o->sizes[i] == 0)
            fail_msg("document %zu is empty", i);
    struct pool_state s = pool_state(test.pool);
    assert_int_equal(s.workers, 1);
    assert_int_equal(s.working + s.waiting, 0);
    assert_int_equal(s.started, 1);
    assert_int_equal(s.done, 1);
}

static void what_is_not_understood_is_refused(void **state)
{
    static char long_name[WORK_ORDER_BYTES + 1];
    const struct {
        struct work_order order;
        const char *problem;
    } refused[] = {
        {{.target = "not a domain"}, "is not a domain"},
        {{.server = true, .target = "mx1.example.org:99999"}, "is not a server"},
        {{.target = "null.test", .only = (const char *const[]){"nonsense", NULL}}, "'nonsense' is neither an area nor a check"},
        {{.target = "null.test", .skip = (const char *const[]){"nonsense", NULL}}, "'nonsense' is neither an area nor a check"},
        {{.target = "null.test", .ports = (const uint16_t[]){0}, .port_count = 1}, "0 is no port"},
        {{.server = true, .target = "mx1.slow.test", .auth_user = "user"}, "a user and a password go together"},
        {{.target = long_name}, "larger than orders may be"},
    };
    (void)state;
    memset(long_name, 'x', WORK_ORDER_BYTES);
    open_pool((struct pool_params){.workers = 1});
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        test.ended = 0;
        struct order *o = start(i, &refused[i].order);
        run_until(one_ended);
        if (o->ends != 1 || o->end != WORK_REFUSED || !strstr(o->problem, refused[i].problem))
            fail_msg("order %zu ends as %d: '%s', not '%s'", i, o->end, o->problem, refused[i].problem);
    }
    expect_at_work(10);
}

static void every_order_has_options_of_its_own(void **state)
{
    static const uint16_t ports[] = {25, 587};
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    struct order *two_ports =
        start(0, &(struct work_order){.target = "down.test", .ports = ports, .port_count = 2, .only = (const char *const[]){"net", NULL}});
    /* cppcheck-suppress legacyUninitvar ; it is set where it is declared */
    struct order *no_smtp = start(1, &(struct work_order){.target = "down.test", .no_smtp = true});
    struct order *plain = check(2, "down.test");
    run_until(three_ended);
    assert_non_null(strstr(two_ports->json, "\"port\":587"));
    assert_null(strstr(plain->json, "\"port\":587"));
    assert_non_null(strstr(no_smtp->json, "\"outcome\":\"not_probed\""));
    assert_null(strstr(plain->json, "\"outcome\":\"not_probed\""));
    assert_null(strstr(two_ports->json, "\"spf.exists\""));
}

static void a_server_inside_is_not_connected_to_for_strangers(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1, .public_only = true});
    struct order *o = start(0, &(struct work_order){.server = true, .target = "127.0.0.1:25"});
    run_until(one_ended);
    assert_int_equal(o->end, WORK_DONE);
    assert_string_equal(o->status, "inconclusive");
    assert_non_null(strstr(o->json, "connects to no other"));
}

static void a_thousand_orders_end_once_each(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 2, .at_once = 8});
    for (size_t i = 0; i < WORKS_MAX; i++)
        check(i, "null.test");
    assert_int_equal(pool_state(test.pool).working, 16);
    assert_int_equal(pool_state(test.pool).waiting, WORKS_MAX - 16);
    run_until(all_ended);
    for (size_t i = 0; i < WORKS_MAX; i++)
        assert_true(test.orders[i].ends == 1 && test.orders[i].end == WORK_DONE);
}

static void steps_tell_what_is_waited_for_until_it_is_cancelled(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1, .at_once = 1});
    struct order *slow = check(0, "slow.test"), *waiting = check(1, "null.test"), *next = check(2, "null.test");
    run_until(first_has_told_of_a_greeting);
    assert_non_null(strstr(slow->waits_for, "mx1.slow.test [192.0.2.1]:25"));
    assert_int_equal(next->ends, 0);
    work_cancel(&waiting->work);
    work_cancel(&slow->work);
    work_cancel(&slow->work);
    assert_null(slow->work.pool);
    run_until(one_ended);
    assert_int_equal(next->end, WORK_DONE);
    assert_int_equal(slow->ends + waiting->ends, 0);
}

static void a_killed_worker_loses_its_own_orders_only(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 2});
    struct order *first = check(0, "slow.test"), *second = check(1, "slow.test");
    run_until(both_have_told);
    kill(shared->pids[0], SIGKILL);
    run_until(one_ended);
    assert_int_equal(first->ends + second->ends, 1);
    expect_lost(first->ends ? first : second, "signal 9");
    expect_at_work(2);
    assert_int_equal(pool_state(test.pool).lost, 1);
    assert_int_equal(pool_state(test.pool).working, 1);
}

static void a_worker_that_crashes_again_and_again_is_replaced(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    for (size_t i = 0; i < 4; i++) {
        test.ended = 0;
        struct order *o = check(i, "crash.test");
        run_until(one_ended);
        expect_lost(o, "signal 6");
        assert_int_equal(pool_state(test.pool).workers, 0);
    }
    expect_at_work(10);
    assert_int_equal(pool_state(test.pool).restarts, 4);
}

static void a_worker_that_says_nothing_is_killed(void **state)
{
    static const char *const silent[] = {"hang.test", "spin.test"};
    (void)state;
    open_pool((struct pool_params){.workers = 1, .silence_ms = SHORT_SILENCE_MS});
    for (size_t i = 0; i < 2; i++) {
        run_until(a_worker_is_ready);
        test.ended = 0;
        struct order *o = check(i, silent[i]);
        run_until(one_ended);
        expect_lost(o, "silent");
    }
}

static void a_worker_that_talks_nonsense_is_killed(void **state)
{
    static const char *const nonsense[] = {"garbage.test", "order.test", "huge.test", "broken.test"};
    (void)state;
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        open_fresh_pool();
        struct order *o = check(i, nonsense[i]);
        run_until(one_ended);
        expect_lost(o, "no message");
    }
    expect_at_work(10);
}

static void a_result_that_nobody_ordered_is_dropped(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    struct order *o = check(0, "unknown.test");
    run_until(one_ended);
    assert_int_equal(o->end, WORK_DONE);
    assert_int_equal(pool_state(test.pool).restarts, 0);
}

static void a_forbidden_call_ends_the_worker(void **state)
{
    static const char *const forbidden[] = {"execve.test", "ptrace.test", "fork.test", "code.test", "kill.test", "listen.test", "raw.test"};
    char signal_text[32];
    (void)state;
    snprintf(signal_text, sizeof signal_text, "signal %d", SIGSYS);
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        open_fresh_pool();
        struct order *o = check(i, forbidden[i]);
        run_until(one_ended);
        expect_lost(o, signal_text);
    }
    expect_at_work(10);
}

static void a_worker_has_no_files_and_no_privileges(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 1});
    check(0, "look.test");
    run_until(one_ended);
    assert_int_equal(test.orders[0].end, WORK_DONE);
    assert_int_not_equal(shared->uid, 0);
    assert_int_equal(shared->uid, shared->uid_saved);
    assert_int_equal(shared->file_error, ENOENT);
    assert_int_equal(shared->cores, 0);
    assert_true(shared->descriptors > 3 && shared->descriptors < 10); /* three, the socket, the loop's own */
}

static void what_keeps_workers_from_beginning_is_told(void **state)
{
    struct pool_params params = {.workers = 2, .open = open_nothing};
    char error[512];
    (void)state;
    assert_null(pool_new(test.loop, &params, error, sizeof error));
    assert_string_equal(error, "there is no net today");
    params.open = die_early;
    assert_null(pool_new(test.loop, &params, error, sizeof error));
    assert_string_equal(error, "a worker died as it began");
    params = (struct pool_params){.workers = 1, .open = open_world, .user = "nobody-of-this-name"};
    if (geteuid() == 0) {
        assert_null(pool_new(test.loop, &params, error, sizeof error));
        assert_non_null(strstr(error, "there is no such user"));
    }
}

static void a_pool_goes_with_work_under_way(void **state)
{
    (void)state;
    open_pool((struct pool_params){.workers = 2, .at_once = 1});
    for (size_t i = 0; i < 10; i++)
        check(i, i % 2 ? "slow.test" : "hang.test");
    run_until(one_hangs_and_one_has_told);
    pool_free(test.pool);
    test.pool = NULL;
    assert_int_equal(test.ended, 0);
    for (size_t i = 0; i < 10; i++)
        assert_null(test.orders[i].work.pool);
}

/* A parent that is killed can tell nobody. */
static void workers_end_with_their_parent(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* its workers become our children, then */
    pid_t parent = fork();
    if (parent == 0) {
        open_pool((struct pool_params){.workers = 2});
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (size_t i = 0; i < 2; i++) {
        pid_t worker = shared->pids[i];
        assert_true(worker > 0);
        assert_int_equal(waitpid(worker, NULL, 0), worker);
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(an_order_gives_every_document),
        T(what_is_not_understood_is_refused),
        T(every_order_has_options_of_its_own),
        T(a_server_inside_is_not_connected_to_for_strangers),
        T(a_thousand_orders_end_once_each),
        T(steps_tell_what_is_waited_for_until_it_is_cancelled),
        T(a_killed_worker_loses_its_own_orders_only),
        T(a_worker_that_crashes_again_and_again_is_replaced),
        T(a_worker_that_says_nothing_is_killed),
        T(a_worker_that_talks_nonsense_is_killed),
        T(a_result_that_nobody_ordered_is_dropped),
        T(a_forbidden_call_ends_the_worker),
        T(a_worker_has_no_files_and_no_privileges),
        T(what_keeps_workers_from_beginning_is_told),
        T(a_pool_goes_with_work_under_way),
        T(workers_end_with_their_parent),
    };
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? 1 : cmocka_run_group_tests_name("worker pool", tests, NULL, NULL);
}
