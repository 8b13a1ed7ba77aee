/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options - what the user asked for: flags first, then MXASSAY_<NAME> from the environment, then the
 * built-in defaults (options.def).
 *
 * Memory: strings point into argv, the environment or the given arena. Fails: a message on standard
 *   error that names the option or variable, and a negative result; *status is the exit status.
 */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "base/arena.h"
#include "bulk/again.h"
#include "judge/judge.h"
#include "net/listen.h"
#include "net/resolver.h"
#include "probe/prober.h"
#include "report/documents.h"
#include "serve/sightings.h"

/* sysexits(3), and what the contract says beyond them. */
enum exit_status {
    EXIT_FINE = 0,
    EXIT_FOUND = 1,
    EXIT_INCONCLUSIVE = 2,
    EXIT_NAGIOS_UNKNOWN = 3,
    EXIT_USAGE = 64,
    EXIT_DATA = 65,
    EXIT_UNAVAILABLE = 69,
    EXIT_BUG = 70,
    EXIT_IO = 74,
    EXIT_TEMPORARY = 75,
    EXIT_CONFIG = 78,
};

enum command { CHECK = 1, PROBE = 2, EXPLAIN = 4, SPF = 8, TLSA = 16, SERVE = 32, MCP = 64, BULK = 128 };
/* From the first document on they stand as in enum document_kind. */
enum format { FORMAT_TEXT = 0, FORMAT_JSON, FORMAT_NDJSON, FORMAT_DOCUMENTS, FORMAT_NAGIOS = FORMAT_DOCUMENTS + DOCUMENT_NAGIOS };
enum color { COLOR_AUTO = 0, COLOR_ALWAYS, COLOR_NEVER };

enum { OPTIONS_LIST_MAX = 64, BULK_AT_ONCE = 100 };

/* What is of `serve` alone, and partly of `mcp`. */
struct serve_options {
    struct listen_address listen;
    const char *api_keys_file, *contact;
    const char *public_names[OPTIONS_LIST_MAX];
    size_t public_name_count;
    bool allow_private, relay, request_log, behind_proxy;
};

/* What is of `bulk` alone. */
struct bulk_options {
    const char *column, *rejects_file, *summary_file; /* NULL: none */
    bool resume;
    uint64_t shard, shards; /* 1 of 1 and so on; shards 0: all names */
    uint64_t rate;          /* names begun in a second; 0: no limit */
    size_t max_inflight;
    int64_t deadline_ms; /* 0: none */
    struct again_times again;
    bool again_told; /* otherwise it hangs on --output */
};

struct options {
    struct arena *arena;
    enum format format;
    const char *output_file;
    enum fail_on fail_on;
    enum color color;
    size_t workers; /* of `serve`, `mcp` and `bulk`; 0: as many as there are cores */
    bool quiet, verbose, all, transcript, list;
    const char *ca_file, *opt_out_file;
    struct opt_out *opt_out; /* NULL: nobody */
    struct resolver_params resolver;
    struct probe_options probe;
    struct judge_options judge;
    struct serve_options serve;
    struct bulk_options bulk;
    struct ip spf_ip; /* family IP_NONE: not given */
    const char *spf_from, *spf_helo;
    char **targets;
    size_t target_count;
    /* Rooms for lists that the structures above point to. */
    uint16_t ports[LIMIT_PORTS];
    const char *forwarders[OPTIONS_LIST_MAX + 1], *trust_anchors[OPTIONS_LIST_MAX + 1];
    const char *dkim_selectors[OPTIONS_LIST_MAX + 1];
    const struct dnsbl_list *dnsbl_lists[DNSBL_LISTS_MAX];
    bool no_dnsbl;
    const char *only[OPTIONS_LIST_MAX + 1], *skip[OPTIONS_LIST_MAX + 1];
    struct control_host controls[OPTIONS_LIST_MAX];
    struct ip_network public_networks[OPTIONS_LIST_MAX];
    struct mx_expectation expect_mx[OPTIONS_LIST_MAX];
    struct assumed_mx assume_mx[OPTIONS_LIST_MAX];
    struct sightings sightings;
    struct caa_issuer caa_issuers[OPTIONS_LIST_MAX];
    size_t forwarder_count, trust_anchor_count, only_count, skip_count, relay_to_count, dkim_selector_count;
};

/* argv[0] is the command's name. In any case o->opt_out is the caller's to free. 0: go on; 1: help was printed, exit with *status; -1: usage error. */
int options_parse(struct options *o, enum command command, int argc, char **argv, struct arena *arena, int *status);

/* Parses, calls body with the options, frees them; the result is the exit status. */
int with_options(enum command command, int argc, char **argv, int (*body)(struct options *o));

/* "mxassay: ..." on standard error. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The last of them is said once more to whom reads standard output only: Nagios. */
const char *last_complaint(void);

#endif
