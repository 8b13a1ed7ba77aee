/* SPDX-License-Identifier: Apache-2.0 */
/* sasl - see sasl.h. */
#include "net/sasl.h"

#include <stdlib.h>
#include <string.h>

#include <gsasl.h>

/* A server names the rounds of PBKDF2 that we compute: at this many it takes half a second. */
enum { SCRAM_ROUNDS_MAX = 600000 };

struct mechanism {
    const char *name;
    bool speaks_first, sends_password, names_rounds;
};

static const struct mechanism mechanisms[] = { /* strongest first */
    {"SCRAM-SHA-256", true, false, true},
    {"CRAM-MD5", false, false, false},
    {"PLAIN", true, true, false},
    {"LOGIN", false, true, false},
};

enum { MECHANISM_COUNT = sizeof mechanisms / sizeof mechanisms[0] };

struct sasl {
    const struct mechanism *mechanism;
    Gsasl *library;
    Gsasl_session *session;
    char *response; /* malloc'd by the library */
    bool done;
};

static bool has_word(struct str words, const char *word)
{
    for (struct str w = str_word(&words); w.n > 0; w = str_word(&words))
        if (str_is_nocase(w, word))
            return true;
    return false;
}

const char *sasl_choose(struct str offered, bool in_tls, bool clear_allowed)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++) {
        const struct mechanism *m = &mechanisms[i];
        if ((in_tls || clear_allowed || !m->sends_password) && has_word(offered, m->name))
            return m->name;
    }
    return NULL;
}

static const struct mechanism *find(const char *name)
{
    for (size_t i = 0; i < MECHANISM_COUNT; i++)
        if (str_is_nocase(str_of(name), mechanisms[i].name))
            return &mechanisms[i];
    return NULL;
}

struct sasl *sasl_new(const char *mechanism, const char *user, const char *password, const char *host)
{
    struct sasl *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->mechanism = find(mechanism);
    if (!s->mechanism || gsasl_init(&s->library) != GSASL_OK || gsasl_client_start(s->library, s->mechanism->name, &s->session) != GSASL_OK ||
        gsasl_property_set(s->session, GSASL_AUTHID, user) != GSASL_OK || gsasl_property_set(s->session, GSASL_PASSWORD, password) != GSASL_OK ||
        gsasl_property_set(s->session, GSASL_SERVICE, "smtp") != GSASL_OK || gsasl_property_set(s->session, GSASL_HOSTNAME, host) != GSASL_OK) {
        sasl_free(s);
        return NULL;
    }
    return s;
}

static void wipe_response(struct sasl *s)
{
    if (s->response)
        explicit_bzero(s->response, strlen(s->response));
    gsasl_free(s->response);
    s->response = NULL;
}

/* The library frees its copies without wiping them. */
static void wipe_properties(struct sasl *s)
{
    static const Gsasl_property secrets[] = {GSASL_PASSWORD, GSASL_SCRAM_SALTED_PASSWORD};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        const char *text = gsasl_property_fast(s->session, secrets[i]);
        char *copy;
        memcpy(&copy, &text, sizeof copy); /* it is the session's own, but handed out as constant */
        if (copy)
            explicit_bzero(copy, strlen(copy));
    }
}

void sasl_free(struct sasl *s)
{
    if (!s)
        return;
    wipe_response(s);
    if (s->session) {
        wipe_properties(s);
        gsasl_finish(s->session);
    }
    if (s->library)
        gsasl_done(s->library);
    free(s);
}

bool sasl_has_initial_response(const struct sasl *s)
{
    return s->mechanism->speaks_first;
}

/* RFC 5802 5.1: "r=nonce,s=salt,i=rounds". */
static bool asks_too_many_rounds(const char *challenge)
{
    char *text = NULL;
    size_t n = 0;
    if (gsasl_base64_from(challenge, strlen(challenge), &text, &n) != GSASL_OK)
        return false; /* the step says so */
    struct str rest = {text, n};
    bool too_many = false;
    while (rest.n > 0) {
        struct str part = str_cut(&rest, ',');
        uint64_t rounds;
        if (str_starts_nocase(part, "i="))
            too_many = too_many || !str_number((struct str){part.p + 2, part.n - 2}, SCRAM_ROUNDS_MAX, &rounds);
    }
    gsasl_free(text);
    return too_many;
}

enum sasl_result sasl_step(struct sasl *s, struct str challenge, struct str *response)
{
    wipe_response(s);
    *response = (struct str){NULL, 0};
    bool has_nul = challenge.n > 0 && memchr(challenge.p, '\0', challenge.n);
    char *text = has_nul ? NULL : challenge.n ? strndup(challenge.p, challenge.n) : strdup("");
    if (!text || s->done || (s->mechanism->names_rounds && asks_too_many_rounds(text))) {
        free(text);
        return SASL_BAD;
    }
    int rc = gsasl_step64(s->session, text, &s->response);
    free(text);
    if (rc != GSASL_OK && rc != GSASL_NEEDS_MORE)
        return SASL_BAD;
    *response = str_of(s->response);
    if (!response->p)
        response->p = "";
    s->done = rc == GSASL_OK;
    return s->done ? SASL_DONE : SASL_MORE;
}
