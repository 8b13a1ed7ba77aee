/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_play - see scn_play.h.
 *
 * A command begins a reaction, which is a list of actions; run() does them until one has to wait: for
 * time, for the handshake, for what was said to leave. Then the next line is heard.
 */
#include "scn_play.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "scn_museum.h"
#include "scn_web.h"

enum play_state {
    ACTING,   /* on the list of actions */
    PAUSING,  /* until woken, then ACTING */
    DRAINING, /* until all is sent, then ACTING */
    SHAKING,  /* TLS handshake, then ACTING */
    ALERTING, /* until the ClientHello is there */
    HEARING,  /* for the next command */
    DEAF,     /* nothing more is said or heard */
    CLOSING,
    RESETTING,
};

struct play {
    const struct scn_service *service;
    unsigned number;
    enum play_state state;
    const struct scn_action *action; /* next */
    const char *word;                /* of the command that is being answered; NULL: the connection */
    char word_text[64];
    char line[1024];                 /* without its end */
    char sender[1024];               /* the last MAIL */
    int64_t pause_ms;
    unsigned alert;
    bool greeted, pipelining, has_ehlo;
    bool dripping;      /* all of it, not only this text */
    int64_t drip_ms;    /* 0: no */
    bool drop_held;     /* an octet has gone out, the next one waits */
    struct buf in, out; /* what the application hears and says */
    struct buf taken;
    struct buf request; /* heard by a web server; of others the first octets of a handshake */
    SSL_CTX *context;
    SSL *ssl;
    bool in_tls, tls_over; /* over: the client said that it will send no more */
    const char *error;
};

static const struct scn_action tls_then_usual[] = {
    {.next = (struct scn_action *)&tls_then_usual[1], .kind = SCN_TLS},
    {.kind = SCN_USUAL},
};
static const struct scn_action tls_alone = {.kind = SCN_TLS};
static const struct scn_action usual = {.kind = SCN_USUAL};

void play_free(struct play *p)
{
    if (!p)
        return;
    SSL_free(p->ssl);
    buf_done(&p->in);
    buf_done(&p->out);
    buf_done(&p->taken);
    buf_done(&p->request);
    free(p);
}

const char *play_error(const struct play *p)
{
    return p->error;
}

/* Saying */

static void move_from_bio(struct play *p)
{
    char bytes[4096];
    int n;
    while (p->ssl && (n = BIO_read(SSL_get_wbio(p->ssl), bytes, sizeof bytes)) > 0)
        buf_add(&p->out, bytes, (size_t)n);
}

static void say_bytes(struct play *p, const char *bytes, size_t n)
{
    if (!p->in_tls) {
        buf_add(&p->out, bytes, n);
    } else if (n) {
        SSL_write(p->ssl, bytes, (int)n); /* into memory: all or nothing, and nothing only after a shutdown */
        move_from_bio(p);
    }
}

__attribute__((format(printf, 2, 3))) static void say(struct play *p, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text - 2, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n > sizeof text - 3 ? sizeof text - 3 : (size_t)n;
    memcpy(text + used, "\r\n", 2);
    say_bytes(p, text, used + 2);
}

static void say_line(struct play *p, struct str text)
{
    struct buf b;
    buf_init(&b, text.n + 2);
    buf_add_str(&b, text);
    buf_add(&b, "\r\n", 2);
    say_bytes(p, b.bytes, b.used);
    buf_done(&b);
}

/* The healthy server */

static void say_ehlo(struct play *p)
{
    enum scn_side side = p->in_tls ? SCN_SIDE_TLS : SCN_SIDE_CLEAR;
    const struct scn_capability *last = NULL;
    p->pipelining = false;
    p->has_ehlo = true;
    for (const struct scn_capability *c = p->service->capabilities; c; c = c->next)
        if (c->side == side)
            last = c;
    say(p, "250%c%s", last ? '-' : ' ', p->service->name);
    for (const struct scn_capability *c = p->service->capabilities; c; c = c->next) {
        if (c->side != side)
            continue;
        say(p, "250%c%s%s%s", c == last ? ' ' : '-', c->keyword, c->parameters ? " " : "", c->parameters ? c->parameters : "");
        p->pipelining |= strcasecmp(c->keyword, "PIPELINING") == 0;
    }
}

static bool offers_starttls(const struct play *p)
{
    for (const struct scn_capability *c = p->service->capabilities; c; c = c->next)
        if (c->side == SCN_SIDE_CLEAR && strcasecmp(c->keyword, "STARTTLS") == 0)
            return !p->in_tls;
    return false;
}

static void begin_handshake(struct play *p);
static void close_politely(struct play *p);

static bool is_web(const struct play *p)
{
    return p->service->port == SCN_HTTPS_PORT;
}

/* A web server does not speak first. */
static void do_usual_of_web(struct play *p)
{
    struct buf answer;
    if (!p->word)
        return;
    buf_init(&answer, 4 * SCN_PADDING_MAX);
    scn_web_answer(p->service, (struct str){p->request.bytes, p->request.used}, &answer);
    say_bytes(p, answer.bytes, answer.used);
    buf_done(&answer);
    close_politely(p);
}

static void do_usual(struct play *p)
{
    static const struct {
        const char *word, *reply;
        bool at_any_time; /* RFC 5321 4.1.4 */
    } replies[] = {
        {"MAIL", "250 2.1.0 Ok"},
        {"RCPT", "554 5.7.1 Relay access denied"},
        {"RSET", "250 2.0.0 Ok", true},
        {"NOOP", "250 2.0.0 Ok", true},
        {"VRFY", "252 2.0.0 Try it", true},
        {"DATA", "554 5.5.1 No valid recipients"},
        {"AUTH", "535 5.7.8 Authentication credentials invalid"},
    };
    const char *word = p->word;
    if (is_web(p)) {
        do_usual_of_web(p);
        return;
    }
    if (!word) {
        say(p, "220 %s ESMTP ready", p->service->name);
        return;
    }
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++)
        if (strcmp(word, replies[i].word) == 0) {
            say(p, "%s", p->has_ehlo || replies[i].at_any_time ? replies[i].reply : "503 5.5.1 Send EHLO first");
            return;
        }
    if (strcmp(word, "EHLO") == 0) {
        say_ehlo(p);
    } else if (strcmp(word, "HELO") == 0) {
        p->has_ehlo = true;
        say(p, "250 %s", p->service->name);
    } else if (strcmp(word, "STARTTLS") == 0 && offers_starttls(p)) {
        say(p, "220 2.0.0 Ready to start TLS");
        begin_handshake(p);
    } else if (strcmp(word, "QUIT") == 0) {
        say(p, "221 2.0.0 Bye");
        close_politely(p);
    } else {
        say(p, "502 5.5.2 Command not recognized");
    }
}

/* TLS */

static void give_up(struct play *p, const char *error)
{
    p->error = error;
    p->state = CLOSING;
}

/* What came in the clear before STARTTLS is forgotten (RFC 3207 4.2); what came where TLS is first is TLS. */
static void begin_handshake(struct play *p)
{
    if (p->ssl) {
        give_up(p, "a second handshake inside TLS");
        return;
    }
    p->ssl = p->context ? SSL_new(p->context) : NULL;
    BIO *from = BIO_new(BIO_s_mem()), *to = BIO_new(BIO_s_mem());
    if (!p->ssl || !from || !to) {
        BIO_free(from);
        BIO_free(to);
        give_up(p, "TLS could not be set up");
        return;
    }
    SSL_set_bio(p->ssl, from, to);
    SSL_set_accept_state(p->ssl);
    if (!p->word && p->in.used)
        BIO_write(from, p->in.bytes, (int)p->in.used);
    if (!p->word || !p->service->tls.keeps_clear)
        buf_clear(&p->in);
    p->state = SHAKING;
}

static void read_tls(struct play *p)
{
    char bytes[4096];
    int n;
    ERR_clear_error();
    while ((n = SSL_read(p->ssl, bytes, sizeof bytes)) > 0)
        buf_add(&p->in, bytes, (size_t)n);
    p->tls_over = SSL_get_error(p->ssl, n) != SSL_ERROR_WANT_READ;
    move_from_bio(p);
}

/* The client's first command may have come along with the end of its handshake. */
static void step_handshake(struct play *p)
{
    ERR_clear_error();
    struct str hello = {p->request.bytes, p->request.used};
    const struct scn_tls *tls = &p->service->tls;
    if (tls->small_hellos && scn_museum_is_large(hello)) {
        p->state = CLOSING;
        return;
    }
    int rc = SSL_do_handshake(p->ssl);
    int error = SSL_get_error(p->ssl, rc);
    bool failed = rc != 1 && error != SSL_ERROR_WANT_READ;
    if (failed && ((tls->museum && scn_museum_answer(hello, &p->out)) || (tls->hybrid && scn_museum_retry(hello, &p->out)))) {
        p->state = DEAF;
        return;
    }
    move_from_bio(p);
    if (rc == 1) {
        p->in_tls = true;
        p->has_ehlo = p->pipelining = false;
        p->state = ACTING;
        read_tls(p);
    } else if (failed) {
        p->state = CLOSING;
    }
}

static void close_politely(struct play *p)
{
    if (p->in_tls) {
        SSL_shutdown(p->ssl);
        move_from_bio(p);
    }
    p->state = CLOSING;
}

/* Reactions */

static bool is_meant(const struct scn_connections *c, unsigned number)
{
    return number >= c->first && (c->last == 0 || number <= c->last) && (number - c->first) % c->step == 0;
}

/* The path in a command, with its brackets: of "RCPT TO:<a@b.test>" it is "<a@b.test>". */
static struct str path_of(struct str command)
{
    const char *open = command.n ? memchr(command.p, '<', command.n) : NULL;
    const char *end = open ? memchr(open, '>', command.n - (size_t)(open - command.p)) : NULL;
    return end ? (struct str){open, (size_t)(end - open) + 1} : (struct str){"", 0};
}

static bool is_path(const char *wanted, const char *command)
{
    return !wanted || str_is_nocase(path_of(str_of(command)), wanted);
}

static struct scn_reaction *find_reaction(const struct play *p, const char *word)
{
    enum scn_side other = p->in_tls ? SCN_SIDE_CLEAR : SCN_SIDE_TLS;
    struct scn_reaction *found = NULL;
    for (struct scn_reaction *r = p->service->reactions; r; r = r->next) {
        bool same = word && r->word ? strcmp(word, r->word) == 0 : !word && !r->word && r->actions;
        same = same && is_path(r->sender, p->sender) && is_path(r->recipient, p->line);
        if (same && r->side != other && is_meant(&r->connections, p->number))
            found = r;
    }
    return found;
}

static void react(struct play *p, const char *word)
{
    struct scn_reaction *r = find_reaction(p, word);
    if (!r && word)
        r = find_reaction(p, "*");
    if (r)
        r->happened = true;
    p->word = word;
    p->action = r && r->actions ? r->actions : !word && p->service->port == 465 ? tls_then_usual : !word && is_web(p) ? &tls_alone : &usual;
    p->state = ACTING;
}

/* A scenario's own EHLO reply counts as one, with what it offers. */
static void heed_own_ehlo(struct play *p, struct str line)
{
    if (!p->word || strcmp(p->word, "EHLO") != 0 || !str_starts_nocase(line, "2"))
        return;
    p->has_ehlo = true;
    p->pipelining |= str_contains_nocase(line, "PIPELINING");
}

static void act(struct play *p)
{
    const struct scn_action *a = p->action;
    p->action = a->next;
    switch (a->kind) {
    case SCN_SAY:
        heed_own_ehlo(p, a->text);
        say_line(p, a->text);
        break;
    case SCN_SEND:
        for (uint64_t i = 0; i < a->times; i++)
            say_bytes(p, a->text.p, a->text.n);
        break;
    case SCN_SEND_RAW:
        for (uint64_t i = 0; i < a->times; i++)
            buf_add_str(&p->out, a->text);
        break;
    case SCN_DRIP:
        p->drip_ms = a->ms;
        say_line(p, a->text);
        p->state = DRAINING;
        break;
    case SCN_DRIP_ON:
        p->drip_ms = a->ms;
        p->dripping = true;
        break;
    case SCN_ENDLESS:
        for (size_t i = 0; i < 100; i++)
            say_line(p, a->text);
        p->action = a;
        p->state = DRAINING;
        break;
    case SCN_WAIT:
        p->pause_ms = a->ms;
        p->state = PAUSING;
        break;
    case SCN_TLS:
        begin_handshake(p);
        break;
    case SCN_TLS_ALERT:
        p->alert = (unsigned)a->ms;
        p->state = ALERTING;
        break;
    case SCN_SILENT:
        p->state = DEAF;
        break;
    case SCN_CLOSE:
        close_politely(p);
        break;
    case SCN_RESET:
        p->state = RESETTING;
        break;
    case SCN_USUAL:
        do_usual(p);
        break;
    }
}

/* Hearing */

static void refuse_client(struct play *p, const char *reply)
{
    say(p, "%s", reply);
    p->action = NULL;
    close_politely(p);
}

static void set_word(struct play *p, struct str word)
{
    size_t length = word.n < sizeof p->word_text ? word.n : sizeof p->word_text - 1;
    for (size_t i = 0; i < length; i++)
        p->word_text[i] = (char)(word.p[i] >= 'a' && word.p[i] <= 'z' ? word.p[i] - 32 : word.p[i]);
    p->word_text[length] = '\0';
}

/* Takes a request off the input and reacts. False: it is not whole yet. */
static bool hear_request(struct play *p)
{
    const char *end = p->in.used ? memmem(p->in.bytes, p->in.used, "\r\n\r\n", 4) : NULL;
    if (!end) {
        p->state = p->tls_over ? CLOSING : HEARING;
        return false;
    }
    size_t n = (size_t)(end - p->in.bytes) + 4;
    buf_clear(&p->request);
    buf_add(&p->request, p->in.bytes, n);
    buf_take(&p->in, n);
    struct str rest = {p->request.bytes, p->request.used};
    set_word(p, str_word(&rest));
    react(p, p->word_text);
    return true;
}

/* Takes a line off the input and reacts. False: there is none yet. */
static bool hear_line(struct play *p)
{
    const char *end = p->in.used ? memchr(p->in.bytes, '\n', p->in.used) : NULL;
    if (!end) {
        p->state = p->tls_over ? CLOSING : HEARING;
        return false;
    }
    size_t n = (size_t)(end - p->in.bytes);
    bool bare = n == 0 || p->in.bytes[n - 1] != '\r';
    size_t used = n < sizeof p->line ? n : sizeof p->line - 1;
    memcpy(p->line, p->in.bytes, used);
    buf_take(&p->in, n + 1);
    if (bare) {
        refuse_client(p, "500 5.5.2 A line ends in CR LF");
        return true;
    }
    p->line[used - 1] = '\0';
    struct str rest = {p->line, used - 1};
    set_word(p, str_word(&rest));
    if (strcmp(p->word_text, "MAIL") == 0)
        memcpy(p->sender, p->line, used);
    bool last_of_group = strcmp(p->word_text, "QUIT") == 0;
    if (p->in.used && !p->pipelining && !last_of_group && strcmp(p->word_text, "STARTTLS") != 0) {
        refuse_client(p, "500 5.5.0 Pipelining was not offered");
        return true;
    }
    react(p, p->word_text);
    return true;
}

static void answer_hello(struct play *p)
{
    const char record[7] = {21, 3, 3, 0, 2, 2, (char)p->alert};
    if (p->in.used == 0)
        return;
    buf_add(&p->out, record, sizeof record);
    p->state = CLOSING;
}

static void run(struct play *p)
{
    for (;;) {
        enum play_state before = p->state;
        size_t heard = p->in.used;
        const struct scn_action *action = p->action;
        if (p->state == ACTING) {
            if (p->action) {
                act(p);
                continue;
            }
            if (!p->greeted && p->in.used) {
                refuse_client(p, "554 5.5.1 You spoke before the greeting");
                return;
            }
            p->greeted = true;
            p->state = HEARING;
        } else if (p->state == HEARING) {
            if (!(is_web(p) ? hear_request(p) : hear_line(p)))
                return;
        } else if (p->state == SHAKING) {
            step_handshake(p);
        } else if (p->state == ALERTING) {
            answer_hello(p);
        } else if (p->state == DRAINING && p->out.used == 0) {
            p->drip_ms = p->dripping ? p->drip_ms : 0;
            p->state = ACTING;
        }
        if (p->state == before && p->in.used == heard && p->action == action)
            return;
    }
}

struct play *play_new(const struct scn_service *service, unsigned number, SSL_CTX *tls)
{
    struct play *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->service = service;
    p->number = number;
    p->context = tls;
    buf_init(&p->in, PLAY_IN_MAX_BYTES);
    buf_init(&p->out, 16 * 1024 * 1024);
    buf_init(&p->taken, 16 * 1024 * 1024);
    buf_init(&p->request, PLAY_IN_MAX_BYTES);
    p->greeted = is_web(p);
    react(p, NULL);
    run(p);
    return p;
}

struct play_want play_want(const struct play *p)
{
    if (p->state == RESETTING)
        return (struct play_want){PLAY_RESET, 0};
    if (p->drop_held && p->out.used)
        return (struct play_want){PLAY_WAIT, p->drip_ms};
    if (p->out.used)
        return (struct play_want){PLAY_SEND, 0};
    if (p->state == PAUSING)
        return (struct play_want){PLAY_WAIT, p->pause_ms};
    if (p->state == DRAINING) /* all is sent: the next action may come */
        return (struct play_want){PLAY_WAIT, 0};
    return (struct play_want){p->state == CLOSING ? PLAY_CLOSE : PLAY_READ, 0};
}

struct str play_take(struct play *p)
{
    size_t n = p->drip_ms && p->out.used ? 1 : p->out.used;
    buf_clear(&p->taken);
    buf_add(&p->taken, p->out.bytes, n);
    buf_take(&p->out, n);
    p->drop_held = p->drip_ms > 0;
    return (struct str){p->taken.bytes, p->taken.used};
}

void play_woken(struct play *p)
{
    if (p->drop_held && p->out.used) {
        p->drop_held = false;
        return;
    }
    p->drop_held = false;
    if (p->state == PAUSING)
        p->state = ACTING;
    run(p);
}

void play_feed(struct play *p, const void *bytes, size_t n)
{
    if (p->state == CLOSING || p->state == RESETTING || p->state == DEAF)
        return;
    if (p->ssl && !p->in_tls)
        buf_add(&p->request, bytes, n);
    if (p->ssl) {
        BIO_write(SSL_get_rbio(p->ssl), bytes, (int)n);
        if (p->in_tls)
            read_tls(p);
    } else {
        buf_add(&p->in, bytes, n);
    }
    run(p);
}
