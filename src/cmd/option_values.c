/* SPDX-License-Identifier: Apache-2.0 */
/* option_values - see option_values.h. In the order of options.def. */
#include "cmd/option_values.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/names.h"
#include "wire/dnsbl.h"
#include "wire/mtasts.h"
#include "worker/wanted.h"

enum { SECONDS_MAX = 3600, HOSTS_MAX = 100, PASSWORD_BYTES = 1024, ADDRESS_BYTES = 254, EHLO_BYTES = 253 };

static int wrong(struct option_problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int wrong(struct option_problem *problem, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(problem->text, sizeof problem->text, format, args);
    va_end(args);
    return -1;
}

/* The index of value among the words, or -1. */
static int one_of(const char *value, const char *const *words, const char *list, struct option_problem *problem)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(value, words[i]) == 0)
            return i;
    return wrong(problem, "'%s' is not one of %s", value, list);
}

static int full(struct option_problem *problem)
{
    return wrong(problem, "more than %d values", OPTIONS_LIST_MAX);
}

static int must_be_readable(const char *file, struct option_problem *problem)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        problem->status = EXIT_DATA;
        return wrong(problem, "cannot read %s: %s", file, strerror(errno));
    }
    close(fd);
    return 0;
}

int set_format(struct options *o, const char *value, struct option_problem *problem)
{
    static const char *const words[] = {"text", "json", "ndjson", "html", "markdown", "csv", "junit", "nagios", "prometheus", NULL};
    int i = one_of(value, words, "text, json, ndjson, html, markdown, csv, junit, nagios, prometheus", problem);
    o->format = i < 0 ? FORMAT_TEXT : (enum format)i;
    return i < 0 ? -1 : 0;
}

int set_output(struct options *o, const char *value, struct option_problem *problem)
{
    o->output_file = value;
    return *value ? 0 : wrong(problem, "the file's name is empty");
}

/* Options without a value: what each of them sets. */
#define FLAG(setter, assignment) \
    int setter(struct options *o, const char *value, struct option_problem *problem) \
    { \
        (void)value, (void)problem; \
        assignment; \
        return 0; \
    }
FLAG(set_json, o->format = FORMAT_JSON)
FLAG(set_ipv4, o->probe.use_v6 = false)
FLAG(set_ipv6, o->probe.use_v4 = false)
FLAG(set_no_smtp, o->probe.smtp = false)
FLAG(set_no_relay, o->probe.relay = false)
FLAG(set_auth_in_clear, o->probe.auth_in_clear = true)
FLAG(set_no_dnsbl, o->no_dnsbl = true)
FLAG(set_no_control, (o->probe.controls = o->controls, o->probe.control_count = 0))
FLAG(set_deep, o->probe.deep = true)
FLAG(set_postmaster, o->probe.postmaster = true)
FLAG(set_quiet, o->quiet = true)
FLAG(set_verbose, o->verbose = true)
FLAG(set_all, o->all = true)
FLAG(set_transcript, o->transcript = true)
FLAG(set_list, o->list = true)
#undef FLAG

static int parse_port(struct str text, uint16_t *port, struct option_problem *problem)
{
    uint64_t number;
    if (!str_number(text, UINT16_MAX, &number) || number == 0)
        return wrong(problem, "'%.*s' is not a port (1 to 65535)", (int)(text.n > 40 ? 40 : text.n), text.p);
    *port = (uint16_t)number;
    return 0;
}

int set_ports(struct options *o, const char *value, struct option_problem *problem)
{
    struct str rest = str_of(strcmp(value, "all") == 0 ? "25,465,587" : value);
    size_t count = 0;
    if (rest.n == 0)
        return wrong(problem, "no port given");
    while (rest.n) {
        uint16_t port = 0;
        bool known = false;
        if (count == LIMIT_PORTS)
            return wrong(problem, "more than %d ports", LIMIT_PORTS);
        if (parse_port(str_trim(str_cut(&rest, ',')), &port, problem) < 0)
            return -1;
        for (size_t i = 0; i < count; i++)
            known = known || o->ports[i] == port;
        if (!known)
            o->ports[count++] = port;
    }
    o->probe.ports = o->ports;
    o->probe.port_count = count;
    return 0;
}

int set_tls(struct options *o, const char *value, struct option_problem *problem)
{
    static const char *const words[] = {"auto", "starttls", "implicit", "none", NULL};
    int i = one_of(value, words, "auto, starttls, implicit, none", problem);
    o->probe.tls = i < 0 ? PROBE_TLS_AUTO : (enum probe_tls)i;
    return i < 0 ? -1 : 0;
}

int set_tls_depth(struct options *o, const char *value, struct option_problem *problem)
{
    static const char *const words[] = {"full", "observe", NULL};
    int i = one_of(value, words, "full, observe", problem);
    o->probe.observe = i == 1;
    return i < 0 ? -1 : 0;
}

static int add_checks(struct options *o, const char *value, const char **list, size_t *count, struct option_problem *problem)
{
    struct str rest = str_of(value);
    while (rest.n) {
        char *word = arena_cstr(o->arena, str_trim(str_cut(&rest, ',')));
        if (!word)
            return wrong(problem, "out of memory");
        if (!check_is_area_or_id(word))
            return wrong(problem, "'%s' is neither an area nor a check; see 'mxassay explain --list'", word);
        if (*count == OPTIONS_LIST_MAX)
            return full(problem);
        list[(*count)++] = word;
    }
    return *count ? 0 : wrong(problem, "no check given");
}

int set_checks(struct options *o, const char *value, struct option_problem *problem)
{
    o->judge.only = o->only;
    return add_checks(o, value, o->only, &o->only_count, problem);
}

int set_skip(struct options *o, const char *value, struct option_problem *problem)
{
    o->judge.skip = o->skip;
    return add_checks(o, value, o->skip, &o->skip_count, problem);
}

static int add_forwarder(struct options *o, struct str text, struct option_problem *problem)
{
    struct str rest = text, address = str_cut(&rest, '@');
    struct ip ip;
    uint16_t port = 53;
    char written[IP_TEXT_BYTES];
    if (!ip_parse(address, &ip))
        return wrong(problem, "'%.*s' is not one of auto, recursive, system, nor an address", (int)(text.n > 80 ? 80 : text.n), text.p);
    if (address.n != text.n && parse_port(rest, &port, problem) < 0)
        return -1;
    if (o->forwarder_count == OPTIONS_LIST_MAX)
        return full(problem);
    ip_write(ip, written);
    o->forwarders[o->forwarder_count] = arena_printf(o->arena, "%s@%u", written, port);
    return o->forwarders[o->forwarder_count++] ? 0 : wrong(problem, "out of memory");
}

int set_resolver(struct options *o, const char *value, struct option_problem *problem)
{
    static const struct {
        const char *word;
        enum resolver_mode mode;
    } words[] = {{"auto", RESOLVER_AUTO}, {"recursive", RESOLVER_RECURSIVE}, {"system", RESOLVER_SYSTEM}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(value, words[i].word) == 0) {
            o->resolver.mode = words[i].mode;
            return 0;
        }
    struct str rest = str_of(value);
    o->resolver.mode = RESOLVER_FORWARD;
    o->resolver.forwarders = o->forwarders;
    while (rest.n)
        if (add_forwarder(o, str_trim(str_cut(&rest, ',')), problem) < 0)
            return -1;
    return o->forwarder_count ? 0 : wrong(problem, "no resolver given");
}

int set_root_hints(struct options *o, const char *value, struct option_problem *problem)
{
    o->resolver.root_hints_file = value;
    return must_be_readable(value, problem);
}

int add_trust_anchor(struct options *o, const char *value, struct option_problem *problem)
{
    if (o->trust_anchor_count == OPTIONS_LIST_MAX)
        return full(problem);
    o->trust_anchors[o->trust_anchor_count++] = value;
    o->resolver.trust_anchor_files = o->trust_anchors;
    return must_be_readable(value, problem);
}

int set_ca_file(struct options *o, const char *value, struct option_problem *problem)
{
    o->ca_file = value;
    return must_be_readable(value, problem);
}

/* What goes into a command line must not end it: RFC 5321 4.1.2 has no control octets, blanks or brackets. */
static bool is_clean(const char *value)
{
    for (const char *c = value; *c; c++)
        if (*c <= ' ' || *c == '<' || *c == '>' || *c == 0x7f)
            return false;
    return true;
}

int set_ehlo(struct options *o, const char *value, struct option_problem *problem)
{
    if (!*value || strlen(value) > EHLO_BYTES || !is_clean(value))
        return wrong(problem, "'%.80s' is not a host name or an address literal", value);
    o->probe.ehlo = value;
    return 0;
}

static int mail_address(const char *value, struct option_problem *problem)
{
    const char *at = strrchr(value, '@');
    if (!at || at == value || !at[1] || strlen(value) > ADDRESS_BYTES || !is_clean(value))
        return wrong(problem, "'%.80s' is not a mail address", value);
    return 0;
}

int set_mail_from(struct options *o, const char *value, struct option_problem *problem)
{
    o->probe.mail_from = strcmp(value, "<>") == 0 ? "" : value;
    return *o->probe.mail_from ? mail_address(value, problem) : 0;
}

static const char *domain_of(struct options *o, const char *value, struct option_problem *problem)
{
    struct domain_name name;
    const char *why;
    if (name_parse_domain(str_of(value), o->arena, &name, &why) == 0)
        return name.ascii;
    wrong(problem, "'%s' is not a domain name: %s", value, why);
    return NULL;
}

/* sub-domain *("." sub-domain), RFC 6376 3.1. */
int add_dkim_selector(struct options *o, const char *value, struct option_problem *problem)
{
    bool good = *value && strlen(value) <= 100 && value[0] != '.' && value[strlen(value) - 1] != '.' && !strstr(value, "..");
    for (const char *c = value; *c; c++)
        good = good && (ascii_is_alpha(*c) || ascii_is_digit(*c) || *c == '-' || *c == '_' || *c == '.');
    char *lower = good ? arena_strdup(o->arena, value) : NULL;
    if (!good)
        return wrong(problem, "'%s' is not a selector: letters, digits, hyphens and dots", value);
    if (o->dkim_selector_count == OPTIONS_LIST_MAX)
        return full(problem);
    for (char *c = lower; c && *c; c++)
        *c = ascii_lower(*c);
    o->dkim_selectors[o->dkim_selector_count++] = lower;
    o->probe.dkim_selectors = o->dkim_selectors;
    return 0;
}

int add_dnsbl(struct options *o, const char *value, struct option_problem *problem)
{
    const char *zone = domain_of(o, value, problem);
    if (!zone)
        return -1;
    if (dnsbl_has_ended(zone))
        return wrong(problem, "the list %s has ended; it would accuse everybody, or nobody", zone);
    if (o->probe.dnsbl_list_count == DNSBL_LISTS_MAX)
        return wrong(problem, "more than %d lists", DNSBL_LISTS_MAX);
    const struct dnsbl_list *list = dnsbl_known(zone);
    if (!list) {
        struct dnsbl_list *own = ARENA_NEW(o->arena, struct dnsbl_list);
        if (own)
            *own = (struct dnsbl_list){.zone = zone, .takes_unknown = true};
        list = own;
    }
    o->dnsbl_lists[o->probe.dnsbl_list_count++] = list;
    o->probe.dnsbl_lists = o->dnsbl_lists;
    return list ? 0 : wrong(problem, "out of memory");
}

int add_caa_issuer(struct options *o, const char *value, struct option_problem *problem)
{
    struct str identifiers = str_of(value), organisation = str_trim(str_cut(&identifiers, '='));
    identifiers = str_trim(identifiers);
    if (!organisation.n || !identifiers.n)
        return wrong(problem, "'%.80s' is not ORGANISATION=IDENTIFIER...", value);
    if (o->judge.caa_issuer_count == OPTIONS_LIST_MAX)
        return full(problem);
    o->caa_issuers[o->judge.caa_issuer_count++] = (struct caa_issuer){arena_cstr(o->arena, organisation), arena_cstr(o->arena, identifiers)};
    o->judge.caa_issuers = o->caa_issuers;
    return o->arena->exhausted ? wrong(problem, "out of memory") : 0;
}

int add_relay_to(struct options *o, const char *value, struct option_problem *problem)
{
    if (o->relay_to_count == 2)
        return wrong(problem, "given more than twice");
    o->probe.relay_to[o->relay_to_count++] = value;
    return mail_address(value, problem);
}

int set_auth_user(struct options *o, const char *value, struct option_problem *problem)
{
    o->probe.auth_user = value;
    return *value ? 0 : wrong(problem, "the user's name is empty");
}

int set_auth_password(struct options *o, const char *value, struct option_problem *problem)
{
    char *password = arena_alloc(o->arena, PASSWORD_BYTES);
    int fd = strcmp(value, "-") == 0 ? STDIN_FILENO : open(value, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t n = -1;
    while (password && fd >= 0 && used < PASSWORD_BYTES && (n = read(fd, password + used, PASSWORD_BYTES - used)) > 0) {
        used += (size_t)n;
        if (memchr(password, '\n', used))
            break;
    }
    int error = errno;
    if (fd > STDIN_FILENO)
        close(fd);
    problem->status = EXIT_DATA;
    if (fd < 0 || n < 0)
        return wrong(problem, "cannot read %s: %s", value, strerror(error));
    if (used == PASSWORD_BYTES)
        return wrong(problem, "the first line of %s is longer than %d octets", value, PASSWORD_BYTES - 1);
    password[used] = '\0';
    password[strcspn(password, "\r\n")] = '\0';
    if (!*password)
        return wrong(problem, "the first line of %s is empty", value);
    o->probe.auth_password = password;
    return 0;
}

int add_control(struct options *o, const char *value, struct option_problem *problem)
{
    struct server_name server;
    const char *why;
    if (o->probe.controls != o->controls) {
        o->probe.controls = o->controls;
        o->probe.control_count = 0;
    }
    if (o->probe.control_count == OPTIONS_LIST_MAX)
        return full(problem);
    if (name_parse_server(str_of(value), o->arena, &server, &why) < 0)
        return wrong(problem, "'%.80s': %s", value, why);
    o->controls[o->probe.control_count++] = (struct control_host){server.name.ascii, server.port ? server.port : 25};
    return 0;
}

int set_max_hosts(struct options *o, const char *value, struct option_problem *problem)
{
    uint64_t number;
    if (!str_number(str_of(value), HOSTS_MAX, &number) || number == 0)
        return wrong(problem, "'%.40s' is not a number from 1 to %d", value, HOSTS_MAX);
    o->probe.max_hosts = (size_t)number;
    return 0;
}

/* "PREFERENCE HOST"; the host "." is the root. `form` is what the whole value should look like. */
static int parse_mx(struct options *o, struct str rest, const char *value, const char *form, struct mx_expectation *mx, struct option_problem *problem)
{
    struct str number = str_word(&rest), host = str_trim(rest);
    struct domain_name name = {.ascii = "."};
    uint64_t preference;
    const char *why = "no host name after the preference";
    if (!str_number(number, UINT16_MAX, &preference))
        return wrong(problem, "'%.80s' is not of the form '%s'", value, form);
    if (!str_is(host, ".") && (host.n == 0 || name_parse_domain(host, o->arena, &name, &why) < 0))
        return wrong(problem, "'%.80s': %s", value, why);
    *mx = (struct mx_expectation){(uint16_t)preference, name.ascii};
    return 0;
}

int add_expect_mx(struct options *o, const char *value, struct option_problem *problem)
{
    if (o->judge.expect_mx_count == OPTIONS_LIST_MAX)
        return full(problem);
    if (parse_mx(o, str_of(value), value, "PREFERENCE HOST", &o->expect_mx[o->judge.expect_mx_count], problem) < 0)
        return -1;
    o->judge.expect_mx_count++;
    o->judge.expect_mx = o->expect_mx;
    return 0;
}

int add_assumed_mx(struct options *o, const char *value, struct option_problem *problem)
{
    struct str rest = str_of(value), type = str_word(&rest);
    struct mx_expectation mx = {0};
    if (o->probe.assume_mx_count == OPTIONS_LIST_MAX)
        return full(problem);
    if (!str_is_nocase(type, "MX"))
        return wrong(problem, "'%.80s' is not of the form 'MX PREFERENCE HOST'", value);
    if (parse_mx(o, rest, value, "MX PREFERENCE HOST", &mx, problem) < 0)
        return -1;
    o->assume_mx[o->probe.assume_mx_count++] = (struct assumed_mx){mx.preference, mx.host};
    o->probe.assume_mx = o->assume_mx;
    return 0;
}

int read_option_file(struct options *o, const char *file, size_t max, struct str *text)
{
    char *bytes = arena_alloc(o->arena, max + 1);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t n = bytes ? 0 : -1;
    while (bytes && fd >= 0 && used <= max && (n = read(fd, bytes + used, max + 1 - used)) > 0)
        used += (size_t)n;
    int error = errno;
    if (fd >= 0)
        close(fd);
    *text = (struct str){bytes, used};
    errno = error;
    return fd < 0 || n < 0 ? -1 : 0;
}

static int read_policy(struct options *o, const char *value, struct str *text, struct option_problem *problem)
{
    struct mta_sts_policy policy;
    problem->status = EXIT_DATA;
    if (read_option_file(o, value, MTA_STS_BODY_MAX, text) < 0)
        return wrong(problem, "cannot read %s: %s", value, strerror(errno));
    if (text->n > MTA_STS_BODY_MAX)
        return wrong(problem, "%s: more than %d octets; senders read no more", value, MTA_STS_BODY_MAX);
    mta_sts_parse_policy(*text, o->arena, &policy);
    if (policy.flaw && policy.flaw_line)
        return wrong(problem, "%s:%u: %s", value, policy.flaw_line, policy.flaw);
    if (policy.flaw)
        return wrong(problem, "%s: %s", value, policy.flaw);
    return 0;
}

int set_assumed_policy(struct options *o, const char *value, struct option_problem *problem)
{
    o->probe.assume_policy_file = value;
    return read_policy(o, value, &o->probe.assume_policy, problem);
}

int set_cached_policy(struct options *o, const char *value, struct option_problem *problem)
{
    o->probe.cached_policy_file = value;
    return read_policy(o, value, &o->probe.cached_policy, problem);
}

int set_cached_policy_id(struct options *o, const char *value, struct option_problem *problem)
{
    if (!mta_sts_is_id(str_of(value)))
        return wrong(problem, "'%.80s' is not an id: 1 to 32 letters and digits", value);
    o->probe.cached_policy_id = value;
    return 0;
}

int set_opt_out(struct options *o, const char *value, struct option_problem *problem)
{
    struct str text;
    char error[256];
    problem->status = EXIT_CONFIG;
    o->opt_out_file = value;
    if (read_option_file(o, value, OPT_OUT_BYTES, &text) < 0)
        return wrong(problem, "%s: %s", value, strerror(errno));
    opt_out_free(o->opt_out);
    o->opt_out = opt_out_parse(text, error, sizeof error);
    return o->opt_out ? 0 : wrong(problem, "%s: %s", value, error);
}

int add_public(struct options *o, const char *value, struct option_problem *problem)
{
    if (o->probe.public_network_count == OPTIONS_LIST_MAX)
        return full(problem);
    if (!ip_network_parse(str_of(value), &o->public_networks[o->probe.public_network_count]))
        return wrong(problem, "'%.80s' is not an address or a network (ADDRESS/BITS)", value);
    o->probe.public_network_count++;
    o->probe.public_networks = o->public_networks;
    return 0;
}

static int seconds(const char *value, int64_t *ms, struct option_problem *problem)
{
    uint64_t number;
    if (!str_number(str_of(value), SECONDS_MAX, &number) || number == 0)
        return wrong(problem, "'%.40s' is not a number of seconds from 1 to %d", value, SECONDS_MAX);
    *ms = (int64_t)number * 1000;
    return 0;
}

int set_timeout(struct options *o, const char *value, struct option_problem *problem)
{
    return seconds(value, &o->probe.run_timeout_ms, problem);
}

int set_connect_timeout(struct options *o, const char *value, struct option_problem *problem)
{
    return seconds(value, &o->probe.connect_timeout_ms, problem);
}

int set_greeting_timeout(struct options *o, const char *value, struct option_problem *problem)
{
    return seconds(value, &o->probe.greeting_timeout_ms, problem);
}

int set_fail_on(struct options *o, const char *value, struct option_problem *problem)
{
    static const char *const words[] = {"error", "warning", "notice", "never", NULL};
    int i = one_of(value, words, "error, warning, notice, never", problem);
    o->fail_on = i < 0 ? FAIL_ON_ERROR : (enum fail_on)i;
    return i < 0 ? -1 : 0;
}

int set_color(struct options *o, const char *value, struct option_problem *problem)
{
    static const char *const words[] = {"auto", "always", "never", NULL};
    int i = one_of(value, words, "auto, always, never", problem);
    o->color = i < 0 ? COLOR_AUTO : (enum color)i;
    return i < 0 ? -1 : 0;
}

bool option_is_repeatable(option_setter *set)
{
    option_setter *const repeatable[] = {add_trust_anchor, add_relay_to, add_control, add_expect_mx, add_elsewhere, add_earlier, add_assumed_mx, add_public,
                                         add_dkim_selector, add_dnsbl, add_caa_issuer, add_public_name};
    for (size_t i = 0; i < sizeof repeatable / sizeof *repeatable; i++)
        if (set == repeatable[i])
            return true;
    return false;
}

static void choose_dnsbl(struct options *o)
{
    if (o->no_dnsbl)
        o->probe.dnsbl_list_count = 0;
    if (o->no_dnsbl || o->probe.dnsbl_list_count)
        return;
    for (size_t i = 0; i < dnsbl_known_count(); i++)
        if (dnsbl_known_at(i)->is_default)
            o->dnsbl_lists[o->probe.dnsbl_list_count++] = dnsbl_known_at(i);
    o->probe.dnsbl_lists = o->dnsbl_lists;
}

int set_spf_ip(struct options *o, const char *value, struct option_problem *problem)
{
    return ip_parse(str_of(value), &o->spf_ip) ? 0 : wrong(problem, "'%.80s' is not an address", value);
}

int set_spf_from(struct options *o, const char *value, struct option_problem *problem)
{
    o->spf_from = value;
    return strlen(value) <= ADDRESS_BYTES ? 0 : wrong(problem, "longer than a mail address");
}

int set_spf_helo(struct options *o, const char *value, struct option_problem *problem)
{
    o->spf_helo = value;
    return strlen(value) <= EHLO_BYTES ? 0 : wrong(problem, "longer than a host name");
}

int options_conclude(struct options *o, enum command command, struct option_problem *problem)
{
    if (o->format >= FORMAT_DOCUMENTS && command != CHECK && command != PROBE)
        return wrong(problem, "--format of this command is text, json or ndjson");
    if (!o->probe.use_v4 && !o->probe.use_v6)
        return wrong(problem, "-4 and -6 exclude each other");
    if (o->relay_to_count == 1)
        return wrong(problem, "--relay-to is given once; the relay test needs two recipients");
    if (o->probe.observe && o->probe.deep)
        return wrong(problem, "--deep finishes handshakes, --tls observe does not: choose one");
    if ((o->probe.auth_user != NULL) != (o->probe.auth_password != NULL))
        return wrong(problem, "--auth-user and --auth-password-file go together");
    if (command & (CHECK | PROBE | BULK)) {
        choose_dnsbl(o);
        ask_what_is_wanted(&o->probe, &o->judge);
    } else if (command & (SERVE | MCP)) {
        choose_dnsbl(o);
    }
    o->resolver.use_v4 = o->probe.use_v4;
    o->resolver.use_v6 = o->probe.use_v6;
    if (command == SPF && (o->spf_ip.family == IP_NONE || !o->spf_from))
        return wrong(problem, "no --ip and --from given; see 'mxassay spf --help'");
    return 0;
}
