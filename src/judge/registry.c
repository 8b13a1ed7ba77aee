/* SPDX-License-Identifier: Apache-2.0 */
/* registry - the table of checks as others see it, and the words for what it holds. */
#include <string.h>

#include "judge/rules.h"

#define SPEC(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct check checks[ROW_END] = {
#define CHECK(name, ports, gates, ...) [ROW_##name] = {__VA_ARGS__},
#include "judge/findings.def"
#undef CHECK
};

size_t check_count(void)
{
    return ROW_END - 1;
}

const struct check *check_at(size_t index)
{
    return &checks[index + 1];
}

const struct check *check_find(const char *id)
{
    for (size_t i = 0; i < check_count(); i++)
        if (strcmp(check_at(i)->id, id) == 0)
            return check_at(i);
    return NULL;
}

static bool is_in_area(const struct check *check, const char *area)
{
    size_t n = strlen(area);
    return strncmp(check->id, area, n) == 0 && check->id[n] == '.';
}

bool check_is_area_or_id(const char *word)
{
    for (size_t i = 0; i < check_count(); i++)
        if (is_in_area(check_at(i), word) || strcmp(check_at(i)->id, word) == 0)
            return true;
    return false;
}

static bool is_named(const struct check *check, const char *const *words)
{
    for (; words && *words; words++)
        if (**words == *check->id && (is_in_area(check, *words) || strcmp(check->id, *words) == 0))
            return true;
    return false;
}

bool check_is_wanted(const struct judge_options *options, const struct check *check)
{
    return (!options->only || is_named(check, options->only)) && !is_named(check, options->skip);
}

bool check_area_wanted(const struct judge_options *options, const char *area)
{
    for (size_t i = 0; i < check_count(); i++)
        if (is_in_area(check_at(i), area) && check_is_wanted(options, check_at(i)))
            return true;
    return false;
}

const char *severity_text(enum severity s)
{
    static const char *const words[] = {[SEVERITY_NOTICE] = "notice", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"};
    return words[s];
}

const char *scope_text(enum scope s)
{
    static const char *const words[] = {[SCOPE_DOMAIN] = "domain", [SCOPE_HOST] = "host", [SCOPE_ADDRESS] = "address", [SCOPE_ENDPOINT] = "endpoint"};
    return words[s];
}

const char *status_text(enum summary_status s)
{
    static const char *const words[] = {[STATUS_OK] = "ok", [STATUS_WARNING] = "warning", [STATUS_ERROR] = "error", [STATUS_INCONCLUSIVE] = "inconclusive"};
    return words[s];
}

const char *delivery_text(enum delivery d)
{
    static const char *const words[] = {
        [DELIVERY_UNKNOWN] = "unknown",
        [DELIVERY_BOUNCE] = "bounce",
        [DELIVERY_DEFER] = "defer",
        [DELIVERY_PLAINTEXT] = "deliver_plaintext",
        [DELIVERY_ENCRYPTED] = "deliver_encrypted",
        [DELIVERY_AUTHENTICATED] = "deliver_encrypted_authenticated",
    };
    return words[d];
}

static const struct {
    const char *text, *explained;
} reasons[] = {
    [REASON_NONE] = {NULL, NULL},
    [REASON_BLOCKED_EGRESS] = {"blocked_egress", "our own network does not let the connections out, or nothing shows that it does"},
    [REASON_TIMEOUT] = {"timeout", "the other side stayed silent past our limit"},
    [REASON_THROTTLED] = {"throttled", "the server put us off for now or hung up in mid-dialogue"},
    [REASON_REFUSED_US] = {"refused_us", "the server turned this probe away; others may be served"},
    [REASON_GREYLISTED] = {"greylisted", "the server asks unknown senders to come back later"},
    [REASON_DNS_FAILURE] = {"dns_failure", "the DNS gave us no answer"},
    [REASON_RESOLVER_UNTRUSTED] = {"resolver_untrusted", "the resolver we use cannot be believed"},
    [REASON_NOT_PROBED] = {"not_probed", "it was left out of this run"},
    [REASON_LIMIT] = {"limit", "a limit of this run was used up"},
    [REASON_NOT_PROVEN] = {"not_proven", "TLS was observed, and no handshake was finished to prove it"},
    [REASON_INTERNAL] = {"internal", "this probe lacks what the test needs"},
};

const char *reason_text(enum reason r)
{
    return reasons[r].text;
}

const char *reason_explained(enum reason r)
{
    return reasons[r].explained;
}
