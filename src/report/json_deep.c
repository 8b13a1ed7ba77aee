/* SPDX-License-Identifier: Apache-2.0 */
/* json_deep - the further connections of --deep in JSON: which were made, why others were not, and what each showed. */
#include "report/json_parts.h"
#include "report/view.h"

static const char *place_word(unsigned place)
{
    static const char *const words[] = {
        [DEEP_NO_SNI] = "without_server_name", [DEEP_OTHER_KEY] = "other_key",    [DEEP_TLS12] = "tls12",
        [DEEP_SURVEY] = "tls_survey",          [DEEP_INJECTION] = "injection",    [DEEP_PLAIN_MAIL] = "plain_mail",
        [DEEP_UNLISTED_STARTTLS] = "unlisted_starttls",
    };
    return words[place];
}
static const struct vocabulary place_words = {.of = place_word, .last = DEEP_CONNECTION_COUNT - 1};

static const char *left_out_word(unsigned why)
{
    static const char *const words[] = {
        [DEEP_MADE] = NULL, [DEEP_NOT_NEEDED] = "not_needed", [DEEP_STOPPED] = "stopped", [DEEP_NO_TIME] = "no_time", [DEEP_TROUBLE] = "trouble",
    };
    return words[why];
}
static const struct vocabulary left_out_words = {.of = left_out_word, .last = DEEP_TROUBLE};

static const char *try_word(unsigned kind)
{
    static const char *const words[] = {
        [TRY_SENDER] = "sender", [TRY_PERCENT] = "percent", [TRY_BANG] = "bang", [TRY_QUOTED] = "quoted", [TRY_ROUTE] = "source_route",
    };
    return words[kind];
}
static const struct vocabulary try_words = {.of = try_word, .last = TRY_ROUTE};

static void write_reply(struct members *m, const char *key, const struct smtp_reply *r, const char *says)
{
    if (!member_object_or_null(m, key, view_is_heard(r), says))
        return;
    member_number_or_null(m, "code", r->code != 0, (uint64_t)r->code, "The reply code; null: what came is no SMTP.");
    member_array(m, "text", "Its lines without the code.");
    for (size_t i = 0; i < r->line_count; i++)
        item_str(m, r->lines[i]);
    member_close(m);
    member_close(m);
}

static void write_try(struct members *m, const struct smtp_try *t)
{
    item_object(m);
    member_word(m, "kind", m->described ? "" : try_word(t->kind), &try_words, "What differs from the relay test.");
    member_text(m, "mail_from", t->mail_from, "The sender.");
    member_text(m, "rcpt_to", t->rcpt_to, "The recipient.");
    write_reply(m, "mail", &t->mail, "The answer to MAIL; null: it was not said, or said for the try before.");
    write_reply(m, "rcpt", &t->rcpt, "The answer to RCPT; null: none was heard.");
    member_close(m);
}

static void write_tries(struct members *m, const struct smtp_deep *d)
{
    const struct smtp_try blank = {.mail_from = "", .rcpt_to = "", .mail = d->plain_mail, .rcpt = d->plain_mail};
    member_array(m, "tries", "Other ways to ask for what the relay test was refused.");
    if (m->described)
        write_try(m, &blank);
    for (size_t i = 0; i < d->tries_begun; i++)
        write_try(m, &d->tries[i]);
    member_close(m);
    write_reply(m, "control", &d->control_reply, "The answer to a name at the same host that no route is read from; null: it was not needed.");
}

static void write_connection(struct members *m, const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e, const struct deep_facts *deep,
                             enum deep_connection place)
{
    static const struct session_facts nothing;
    const struct session_facts *s = m->described ? e->shown : deep->sessions[place] ? deep->sessions[place] : &nothing;
    struct smtp_deep blank = s->deep;
    if (m->described)
        blank.plain_mail = blank.unasked = blank.starttls_again = blank.control_reply = s->greeting;
    item_object(m);
    member_word(m, "test", m->described ? "" : place_word(place), &place_words, "What it is made for.");
    member_word_or_null(m, "left_out", left_out_word(m->described ? DEEP_STOPPED : deep->left_out[place]), &left_out_words, "Why it was not made; null: it was.");
    member_word_or_null(m, "last_step", s->connect == CONNECT_OPEN && s->end != END_QUIT ? view_step(s->end_step) : NULL, &json_step_words,
                        "The step under way when the connection ended; null: it was finished, or never open.");
    json_write_tls(m, f, h, e, &s->tls);
    write_reply(m, "unasked", &blank.unasked, "What came inside TLS before the answer to the first thing that was said there; null: nothing.");
    write_reply(m, "starttls_again", &blank.starttls_again, "The answer to STARTTLS inside TLS; null: none was heard, or it was not said.");
    write_reply(m, "plain_mail", &blank.plain_mail, "The answer to MAIL before TLS; null: it was not said.");
    write_tries(m, &blank);
    json_write_transcript(m, s, "The connection, line by line.");
    member_close(m);
}

void json_write_deep(struct members *m, const struct facts *f, const struct host_facts *h, const struct endpoint_facts *e)
{
    static const struct deep_facts none;
    const struct deep_facts *deep = e->deep ? e->deep : &none;
    if (!member_object_or_null(m, "deep", e->deep != NULL, "The further connections of --deep; null: none was wanted, or there was nothing to go on with."))
        return;
    member_number(m, "connections", deep->connections, "How many were made, those with ClientHellos of our own making included.");
    member_text_or_null(m, "stopped_by", deep->stopped_by, "What made us leave the server alone; null: nothing.");
    member_array(m, "tests", "One for each thing that is looked at, in the order in which it would be.");
    for (size_t i = 0; i < (m->described ? 1 : DEEP_CONNECTION_COUNT); i++)
        write_connection(m, f, h, e, deep, (enum deep_connection)i);
    member_close(m);
    member_close(m);
}
