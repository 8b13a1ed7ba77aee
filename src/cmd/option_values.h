/* SPDX-License-Identifier: Apache-2.0 */
/* option_values - what each option's value means. Used by options.c only. */
#ifndef CMD_OPTION_VALUES_H
#define CMD_OPTION_VALUES_H

#include "cmd/options.h"

struct option_problem {
    int status; /* exit status */
    char text[512];
};

/* 0, or -1 with the problem in words. `value` is NULL for a flag. */
typedef int option_setter(struct options *o, const char *value, struct option_problem *problem);

option_setter set_format, set_json, set_output, set_ports, set_tls, set_tls_depth, set_ipv4, set_ipv6, set_no_smtp, set_checks, set_skip, set_resolver, set_root_hints,
    add_trust_anchor, set_ca_file, set_ehlo, set_mail_from, add_relay_to, set_no_relay, set_deep, set_postmaster, set_auth_user, set_auth_password, set_auth_in_clear,
    add_control, set_no_control, add_dkim_selector, add_dnsbl, add_caa_issuer, set_policy, set_no_dnsbl, set_max_hosts, add_expect_mx, add_elsewhere, add_earlier, add_assumed_mx,
    set_assumed_policy, set_cached_policy, set_cached_policy_id, add_public, set_timeout, set_connect_timeout, set_greeting_timeout, set_fail_on,
    set_color, set_quiet, set_verbose, set_all, set_transcript, set_list, set_spf_ip, set_spf_from, set_spf_helo,
    set_listen, set_workers, set_api_keys, set_opt_out, add_public_name, set_behind_proxy, set_contact, set_allow_private, set_relay, set_request_log,
    set_resume, set_column, set_rejects, set_summary, set_shard, set_rate, set_max_inflight, set_deadline, set_retry_after;

/* As much of a file as `max` and one octet more, in the arena. -1: errno says why not. */
int read_option_file(struct options *o, const char *file, size_t max, struct str *text);

/* The text of a report, or of an array of reports. -1: what is wrong with it. */
int add_sightings(struct options *o, struct str text, bool elsewhere, char what[static SIGHTINGS_PROBLEM_BYTES]);

/* Options that may be given several times; in the environment their values are separated by commas. */
bool option_is_repeatable(option_setter *set);

/* After all options: what follows from several of them together. */
int options_conclude(struct options *o, enum command command, struct option_problem *problem);

#endif
