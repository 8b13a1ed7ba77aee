/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole prober on the virtual loop. The input says what the DNS answers, who accepts connections, and what the
 * servers say each time they hear something; behind its end everybody is healthy.
 * Oracle: the job ends once, within its time, and leaves nothing open; never more connections than the limits allow, and
 * one to an address; the report keeps the promises of fuzz_look.h; the same input gives the same report.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz_look.h"
#include "fuzz_random.h"
#include "fuzz_world.h"
#include "probe/job.h"

enum { REPORT_MAX_BYTES = 64 << 20 };

struct run {
    struct world world;
    struct job *job;
    unsigned ends;
};

static void on_done(void *arg, struct job *job)
{
    struct run *run = arg;
    (void)job;
    run->ends++;
    must(run->ends == 1);
}

static struct job *start(struct run *run, unsigned options)
{
    static const struct domain_name domain = {"good.test", "good.test"};
    struct server_name server = {.name = {"mx1.good.test", "mx1.good.test"}, .port = options & 2 ? 465 : 25};
    if (!(options & 1))
        return job_start_domain(&run->world.prober, "good.test", &domain, on_done, run);
    if (options & 4)
        server = (struct server_name){{"192.0.2.1", "192.0.2.1"}, {IP_V4, {192, 0, 2, 1}}, server.port};
    return job_start_server(&run->world.prober, server.name.ascii, &server, on_done, run);
}

static void check_sessions(const struct facts *f)
{
    for (size_t h = 0; h < f->host_count; h++)
        for (size_t a = 0; a < f->hosts[h].address_count; a++)
            for (size_t e = 0; e < f->hosts[h].addresses[a].endpoint_count; e++) {
                const struct endpoint_facts *endpoint = &f->hosts[h].addresses[a].endpoints[e];
                must((endpoint->shown != NULL) == (endpoint->session_count > 0) && endpoint->session_count <= ENDPOINT_SESSIONS_MAX);
                must(endpoint->not_probed == PROBED || endpoint->session_count == 0);
                for (size_t s = 0; s < endpoint->session_count; s++)
                    must(endpoint->sessions[s].connect != CONNECT_NOT_TRIED || f->incomplete);
            }
}

static void run_once(const uint8_t *bytes, size_t n, bool look, struct buf *json)
{
    static struct run run;
    memset(&run, 0, sizeof run);
    fuzz_random_again();
    unsigned options = world_open(&run.world, bytes, n);
    run.job = start(&run, options);
    must(run.job && run.ends == 0);
    must(loop_run(run.world.loop) == 0);
    must(run.ends == 1);
    const struct facts *f = job_facts(run.job);
    must(f->duration_ms <= run.world.prober.options.run_timeout_ms);
    must(scripted_dns_open(run.world.prober.resolver) == 0 && dialer_lingering(run.world.prober.net.dialer) == 0);
    must(run.world.open == 0);
    must(!job_arena(run.job)->exhausted);
    check_sessions(f);
    if (look)
        fuzz_look(f, job_arena(run.job), (unsigned)n);
    fuzz_write_json(f, job_arena(run.job), json);
    job_free(run.job);
    world_close(&run.world);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    fuzz_random_init();
    fuzz_random_again();
    world_init();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct buf first, second;
    buf_init(&first, REPORT_MAX_BYTES);
    buf_init(&second, REPORT_MAX_BYTES);
    run_once(bytes, n, true, &first);
    run_once(bytes, n, false, &second);
    must(str_eq((struct str){first.bytes, first.used}, (struct str){second.bytes, second.used}));
    buf_done(&first);
    buf_done(&second);
    return 0;
}
