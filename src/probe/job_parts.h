/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job_parts - what the files of one job share: job.c (stages of a domain), hosts.c (addresses and
 * reverse names), submission.c (hosts that SRV records name), tlsa.c (TLSA records of hosts), endpoints.c (connections),
 * deep.c (those of --deep), egress.c (control hosts), policy.c (MTA-STS and TLS-RPT), identity.c (our own name).
 *
 * Every part counts what it waits for in job.pending and calls job_step when it has changed something;
 * job_step starts what can start and ends the job when nothing is pending.
 */
#ifndef PROBE_JOB_PARTS_H
#define PROBE_JOB_PARTS_H

#include "probe/job.h"

struct question;
typedef void answer_fn(struct question *q, const struct dns_reply *reply);

struct question { /* one look-up of a job; lives in its arena. Who asks again what was asked follows the first question */
    struct job *job;
    struct question *next; /* all of the job's, for cancelling and for the progress line */
    struct query *query;   /* malloc'd, as it is of no use behind the answer; NULL: answered, or a follower */
    const char *name;
    int64_t limit_ms;
    enum dns_type type;
    bool open;
    struct dns_reply reply;
    struct question *followers, *next_follower;
    struct question *next_held;
    struct dns_lookup *into;
    answer_fn *then; /* NULL: the lookup is all that is wanted */
    void *subject;
};

struct address_work;

struct deep_work { /* begins when the connections to all ports of the address are over */
    enum { DEEP_NOT_BEGUN, DEEP_WAITING, DEEP_RUNNING, DEEP_OVER } state;
    size_t row;                              /* of connections.def, that is next or under way */
    bool doubted;                            /* the last connection was dropped, and what that means is not known yet */
    struct timer slot;                       /* until the next one may begin */
    struct mono began[LIMIT_DEEP_IN_WINDOW]; /* the last connections, the newest first; 0: none */
    struct session_facts *session;           /* of the connection that is open or was last */
    struct deep_survey *survey;              /* NULL: not begun */
};

struct endpoint_work {
    struct job *job;
    struct address_work *address;
    struct endpoint_facts *facts;
    struct session *session; /* NULL: none open */
    struct timer retry;
    struct sharing_place shared;
    struct pace_turn turn;
    /* QUEUED: for a turn to connect, or for what another job finds out */
    enum { ENDPOINT_WAITING, ENDPOINT_QUEUED, ENDPOINT_RUNNING, ENDPOINT_RETRY_LATER, ENDPOINT_DONE } state;
    enum connection_purpose purpose; /* of the connection that is next, open or last */
    struct mono ended;               /* the last one, deep or not; 0: none has */
    struct deep_work *deep;          /* NULL: not wanted */
};

struct address_work {
    struct job *job;
    struct host_work *host;
    struct address_facts *facts;
    struct endpoint_work *endpoints;
};

struct submission_port {
    uint16_t port;
    enum tls_mode tls_mode;
};

struct host_work {
    struct job *job;
    struct host_facts *facts;
    struct submission_port submission_ports[SUBMISSION_PORTS_MAX]; /* of a host for submission, instead of --ports */
    size_t submission_port_count;
    struct dns_record const *a, *aaaa; /* as answered */
    size_t a_count, aaaa_count;
    unsigned open_questions;
    struct address_work *addresses; /* NULL until both families are answered */
};

typedef void web_fn(struct job *job, struct str body);

struct web_work { /* one file of a web host; see web.c */
    struct job *job;
    unsigned open_questions; /* for addresses of the host */
    struct dns_record const *a, *aaaa;
    size_t a_count, aaaa_count;
    struct ip ips[LIMIT_FETCH_ADDRESSES];
    struct fetch_request request;
    struct fetch fetch;
    struct fetch_facts *facts;
    web_fn *then;
};

struct authority_work;
struct control_work;
struct dkim_work;
struct dnsbl_work;
struct bimi_work;
struct spf_work;
struct submission_work;

struct job {
    struct prober *prober;
    const struct probe_options *options; /* as they were when it started */
    struct arena arena;
    struct facts *facts;
    job_fn *done;
    void *done_arg;
    struct mono started;
    struct timer run_limit, step_later, held_limit;
    bool was_queued;                   /* since run_limit was started */
    struct question *first, *held;     /* held: those that wait for the answer to the first, as long as that is open */
    struct question *questions, *late; /* late: those that follow an answer that is there already */
    struct host_work *hosts, **chosen; /* in the order of the facts; in the order that limits go by */
    size_t pending;                    /* open questions, sessions, retries, controls */
    size_t sessions_open;
    size_t addresses_probed;
    bool identity_known;
    bool egress_started[2];             /* IPv4, IPv6 */
    struct authority_work *authorities; /* NULL: not wanted */
    struct dkim_work *dkim;             /* NULL: not wanted */
    struct dnsbl_work *dnsbl;           /* NULL: not wanted */
    struct control_work *controls;
    size_t control_count;
    struct web_work *policy;            /* NULL: none is wanted */
    struct bimi_work *bimi;             /* NULL: not wanted */
    struct spf_work *spf;               /* NULL: not wanted */
    struct submission_work *submission; /* NULL: not wanted */
    bool over;
};

/* job.c */
void job_step(struct job *job);
void *job_alloc(struct job *job, size_t count, size_t bytes); /* NULL: the report will be incomplete */

/* questions.c */
extern const char PROBE_NO_MEMORY[];
void job_ask(struct job *job, const char *name, enum dns_type type, struct dns_lookup *into, answer_fn *then, void *subject);
void job_ask_within(struct job *job, int64_t limit_ms, const char *name, enum dns_type type, struct dns_lookup *into, answer_fn *then, void *subject);
/* What is asked about names of the domain from now on waits until this is answered. */
void job_ask_first(struct job *job, const char *name, enum dns_type type, struct dns_lookup *into, answer_fn *then);
void job_ask_mail_domain(struct job *job, const char *name, struct mail_domain *into);
void lookup_out_of_memory(struct dns_lookup *lookup); /* it was answered, but not all of that was kept */
void questions_give_late(struct job *job);
void questions_cancel(struct job *job);

/* hosts.c */
bool is_treated_as_public(const struct probe_options *o, struct ip ip);
bool is_opted_out(const struct job *job, const char *host, struct ip ip); /* the target, the host or the address; family IP_NONE: not known yet */
void hosts_start(struct job *job, struct host_facts *facts, size_t count);
struct host_work *hosts_add_submission(struct job *job, const char *name); /* behind the mail hosts, which are known; NULL: no room */
void hosts_start_submission(struct job *job);
void hosts_end(struct job *job);                      /* no more answers come: what is known gets its facts */
void host_set_address(struct job *job, struct ip ip); /* the one host of a server target, given by address */
void greeting_name_ask(struct endpoint_work *e, const struct session_facts *s);

/* tlsa.c */
void tlsa_start(struct host_work *h);                           /* both families are answered */
const char *tlsa_sni(const struct host_work *h, uint16_t port); /* the name to ask for in TLS; NULL: it is not known yet */
bool tlsa_is_known(const struct host_work *h, uint16_t port);   /* every question is answered, or cannot be */
bool tlsa_has_records(const struct host_work *h, uint16_t port);
void tlsa_conclude(struct job *job); /* all answers and chains are in: each record is compared with each chain */

/* caa.c */
void caa_start(struct host_work *h); /* a name that was chosen to be connected to */

/* endpoints.c */
struct endpoint_walk {
    size_t host, address, endpoint;
};
struct endpoint_work *endpoints_next(const struct job *job, struct endpoint_walk *w); /* from a zeroed walk; NULL: no more */
struct session_params endpoint_session_params(const struct endpoint_work *e);         /* of its base connection */
bool address_is_busy(const struct job *job, struct ip ip);
void endpoints_prepare(struct address_work *a);
void endpoints_start(struct job *job); /* as many as may run now */
void endpoints_cancel(struct job *job);
void endpoints_leave(struct job *job);                                    /* facts that are shared are not used any more */
bool endpoints_are_queued(const struct job *job);                         /* one waits for its turn to connect */
const struct endpoint_work *endpoints_slowest(const struct job *job);     /* NULL: no connection is open */
void endpoints_count(const struct job *job, size_t *done, size_t *total); /* of those that are connected to */
bool endpoints_port25_opened(const struct job *job, enum ip_family family);
bool endpoints_port25_first_tries_over(const struct job *job, enum ip_family family, bool *needed);

/* authorities.c */
void authorities_start(struct job *job);
void authorities_hosts_known(struct job *job); /* the MX hosts, or that there are none */
void authorities_cancel(struct job *job);

/* dmarc.c, dkim.c, dnsbl.c */
void dmarc_start(struct job *job);
void dkim_start(struct job *job);
void dnsbl_start(struct job *job);
void dnsbl_add_address(struct job *job, struct address_facts *a);
void dnsbl_add_name(struct job *job, const char *name);

/* spf.c */
void spf_start(struct job *job);
void spf_note_denial(struct job *job, const struct dns_reply *txt); /* the domain's own TXT records are known */
void spf_hosts_known(struct job *job);                              /* the addresses of all mail hosts, that is */
void spf_conclude(struct job *job);                                 /* no more answers come */

/* submission.c */
void submission_start(struct job *job);
size_t submission_room(const struct job *job); /* for hosts behind the mail hosts */
void submission_hosts_known(struct job *job); /* or that there are no mail hosts */

/* deep.c */
void deep_start(struct job *job); /* as many as may run now */
void deep_cancel(struct job *job);

/* egress.c */
void egress_begin(struct job *job);
void egress_start(struct job *job);
void egress_prove_https(struct job *job, enum ip_family family);                                     /* nobody of this family answered on port 443 */
void egress_note(struct job *job, enum ip_family family, uint16_t port, enum connect_result result); /* of a connection to a target */
void egress_conclude(struct job *job);
void egress_cancel(struct job *job);

/* web.c */
struct web_file {
    const char *host, *path;
    uint16_t port;
    size_t max_bytes;
    struct dns_lookup *a, *aaaa; /* of the host: these and the next are filled */
    struct fetch_facts *fetch;
};
void web_fetch(struct web_work *w, struct job *job, const struct web_file *file, web_fn *then); /* `then` only with status 200 */
bool web_is_open(const struct web_work *w);
void web_cancel(struct web_work *w); /* idle ones too */

/* bimi.c */
void bimi_start(struct job *job);
void bimi_cancel(struct job *job);
const char *bimi_waits_for(const struct job *job); /* the host that a file is being fetched from; NULL: none */

/* policy.c */
void count_records(struct policy_record *record, const struct dns_reply *reply, bool (*is_record)(struct str txt));
void policy_start(struct job *job);
void policy_conclude(struct job *job); /* all answers are in */
void policy_cancel(struct job *job);
const char *policy_waits_for(const struct job *job); /* the host that a policy is being fetched from; NULL: none */

/* identity.c */
void identity_start(struct job *job);
const char *identity_ehlo(struct job *job, struct ip toward);

#endif
