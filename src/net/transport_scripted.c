/* SPDX-License-Identifier: Apache-2.0 */
/* transport_scripted - see transport_scripted.h. Each thing said is a timer of its own, so nothing arrives inside a call. */
#include "net/transport_scripted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/panic.h"

struct place { /* an address and port that was served or dialled */
    struct place *next;
    struct ip ip;
    uint16_t port;
    size_t dials;
    bool is_served;
    struct scripted_peer peer;
};

struct said { /* by the peer, on its way */
    struct said *next;
    struct scripted_connection *connection;
    enum transport_event event;
    struct timer timer;
    size_t n;
    uint8_t bytes[];
};

struct scripted_connection {
    struct transport transport;
    struct scripted_connection *next, **previous; /* all of the dialer's */
    struct scripted_dialer *dialer;
    struct scripted_peer peer;
    transport_fn *fn; /* NULL: the code under test has closed, or lingers */
    void *arg;
    enum { DIALLING, OPEN, ENDED, RESET, NOT_OPENED } stage; /* ENDED: the peer says no more, but hears */
    bool lingers;
    struct timer timer;  /* the answer to the dial; then the end of lingering; then on_close */
    struct timer arrive; /* of what is unheard */
    struct buf unheard;  /* sent by the code under test */
    struct said *said;
    struct mono last_arrival; /* bytes keep their order */
    void *state;
};

struct scripted_dialer {
    struct dialer dialer;
    struct loop *loop;
    struct place *places;
    struct scripted_peer others; /* where nobody is served */
    struct scripted_connection *connections;
    size_t lingering;
};

static struct scripted_dialer *dialer_of(const struct dialer *d)
{
    return (struct scripted_dialer *)d;
}

static struct place *find_place(const struct scripted_dialer *d, struct ip ip, uint16_t port)
{
    struct place *p = d->places;
    while (p && (p->port != port || !ip_eq(p->ip, ip)))
        p = p->next;
    return p;
}

/* NULL without memory. */
static struct place *place_at(struct scripted_dialer *d, struct ip ip, uint16_t port)
{
    struct place *p = find_place(d, ip, port);
    if (p || !(p = calloc(1, sizeof *p)))
        return p;
    *p = (struct place){.next = d->places, .ip = ip, .port = port};
    d->places = p;
    return p;
}

static void drop_said(struct scripted_connection *c)
{
    while (c->said) {
        struct said *next = c->said->next;
        timer_cancel(&c->said->timer);
        free(c->said);
        c->said = next;
    }
}

static void connection_free(struct scripted_connection *c)
{
    drop_said(c);
    timer_cancel(&c->timer);
    timer_cancel(&c->arrive);
    buf_done(&c->unheard);
    *c->previous = c->next;
    if (c->next)
        c->next->previous = c->previous;
    free(c);
}

static void on_closed(void *arg)
{
    struct scripted_connection *c = arg;
    if (c->peer.on_close && c->stage != DIALLING && c->stage != NOT_OPENED)
        c->peer.on_close(c, c->peer.arg);
    connection_free(c);
}

/* What was sent before the close is still heard; on_close comes after it. */
static void hang_up(struct scripted_connection *c)
{
    c->fn = NULL;
    if (c->lingers)
        c->dialer->lingering--;
    c->lingers = false;
    drop_said(c);
    timer_start(c->dialer->loop, &c->timer, 0, on_closed, c);
}

static void emit(struct scripted_connection *c, enum transport_event event, const uint8_t *bytes, size_t n)
{
    static const int errors[] = {
        [TRANSPORT_RESET] = ECONNRESET, [TRANSPORT_REFUSED] = ECONNREFUSED, [TRANSPORT_UNREACHABLE] = EHOSTUNREACH, [TRANSPORT_TROUBLE] = EMFILE};
    const struct transport_data data = {.bytes = bytes, .n = n, .error = c->stage == NOT_OPENED && c->peer.error ? c->peer.error : errors[event]};
    if (c->fn)
        c->fn(c->arg, event, &data);
}

static void on_arrival(void *arg)
{
    struct scripted_connection *c = arg;
    struct buf heard = c->unheard;
    buf_init(&c->unheard, TRANSPORT_SEND_MAX_BYTES);
    if (c->peer.on_data && (c->stage == OPEN || c->stage == ENDED))
        c->peer.on_data(c, (const uint8_t *)heard.bytes, heard.used, c->peer.arg);
    buf_done(&heard);
}

static void arrive_soon(struct scripted_connection *c)
{
    if (c->stage != DIALLING && c->unheard.used && !timer_is_started(&c->arrive))
        timer_start(c->dialer->loop, &c->arrive, 0, on_arrival, c);
}

static void on_dial_answered(void *arg)
{
    struct scripted_connection *c = arg;
    c->stage = c->peer.connect == TRANSPORT_OPEN ? OPEN : NOT_OPENED;
    arrive_soon(c);
    if (c->stage == OPEN && c->peer.on_open)
        c->peer.on_open(c, c->peer.arg);
    emit(c, c->peer.connect, NULL, 0);
}

static void on_said(void *arg)
{
    struct said *s = arg;
    struct scripted_connection *c = s->connection;
    struct said **at = &c->said;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    if (s->event != TRANSPORT_DATA) {
        c->stage = s->event == TRANSPORT_EOF ? ENDED : RESET;
        drop_said(c);
    }
    if (c->lingers && s->event != TRANSPORT_DATA)
        hang_up(c);
    else
        emit(c, s->event, s->bytes, s->n);
    free(s);
}

static void say(struct scripted_connection *c, int64_t delay_ms, enum transport_event event, const void *bytes, size_t n)
{
    struct loop *l = c->dialer->loop;
    if (c->stage != OPEN || (!c->fn && !c->lingers))
        return;
    struct said *s = malloc(sizeof *s + n);
    must(s);
    *s = (struct said){.next = c->said, .connection = c, .event = event, .n = n};
    if (n)
        memcpy(s->bytes, bytes, n);
    c->said = s;
    int64_t earliest_ms = (c->last_arrival.us - loop_now(l).us + 999) / 1000;
    timer_start(l, &s->timer, delay_ms > earliest_ms ? delay_ms : earliest_ms, on_said, s);
    c->last_arrival = s->timer.due;
}

void scripted_say(struct scripted_connection *c, int64_t delay_ms, const void *bytes, size_t n)
{
    say(c, delay_ms, TRANSPORT_DATA, bytes, n);
}

void scripted_end(struct scripted_connection *c, int64_t delay_ms, enum transport_event how)
{
    must(how == TRANSPORT_EOF || how == TRANSPORT_RESET);
    say(c, delay_ms, how, NULL, 0);
}

void scripted_set_state(struct scripted_connection *c, void *state)
{
    c->state = state;
}

void *scripted_state(struct scripted_connection *c)
{
    return c->state;
}

static int scripted_send(struct transport *t, const void *bytes, size_t n)
{
    struct scripted_connection *c = (struct scripted_connection *)t;
    buf_add(&c->unheard, bytes, n);
    arrive_soon(c);
    return c->unheard.failed ? -1 : 0;
}

static void scripted_close(struct transport *t)
{
    hang_up((struct scripted_connection *)t);
}

static void on_linger_over(void *arg)
{
    hang_up(arg);
}

static void scripted_linger(struct transport *t, int64_t limit_ms)
{
    struct scripted_connection *c = (struct scripted_connection *)t;
    if (c->stage != OPEN) {
        hang_up(c);
        return;
    }
    c->fn = NULL;
    c->lingers = true;
    c->dialer->lingering++;
    timer_start(c->dialer->loop, &c->timer, limit_ms, on_linger_over, c);
}

static const struct transport_ops transport_ops = {scripted_send, scripted_close, scripted_linger};

static struct transport *scripted_dial(struct dialer *dialer, struct ip ip, uint16_t port, transport_fn *fn, void *arg)
{
    struct scripted_dialer *d = dialer_of(dialer);
    struct place *p = place_at(d, ip, port);
    struct scripted_connection *c = p ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return NULL;
    const struct scripted_peer *peer = p->is_served ? &p->peer : &d->others;
    *c = (struct scripted_connection){
        .transport = {&transport_ops}, .next = d->connections, .previous = &d->connections, .dialer = d, .peer = *peer, .fn = fn, .arg = arg};
    if (c->next)
        c->next->previous = &c->next;
    d->connections = c;
    p->dials++;
    buf_init(&c->unheard, TRANSPORT_SEND_MAX_BYTES);
    if (!peer->never)
        timer_start(d->loop, &c->timer, peer->connect_delay_ms, on_dial_answered, c);
    return &c->transport;
}

static size_t scripted_lingering(const struct dialer *dialer)
{
    return dialer_of(dialer)->lingering;
}

static void scripted_dialer_free(struct dialer *dialer)
{
    struct scripted_dialer *d = dialer_of(dialer);
    for (struct scripted_connection *c = d->connections, *next; c; c = next) {
        next = c->next;
        must(!c->fn); /* its owner would find it gone */
        connection_free(c);
    }
    while (d->places) {
        struct place *next = d->places->next;
        free(d->places);
        d->places = next;
    }
    free(d);
}

static const struct dialer_ops dialer_ops = {scripted_dial, scripted_lingering, scripted_dialer_free};

struct dialer *scripted_dialer_new(struct loop *l)
{
    struct scripted_dialer *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    *d = (struct scripted_dialer){.dialer.ops = &dialer_ops, .loop = l, .others.never = true};
    return &d->dialer;
}

static void check_peer(const struct scripted_peer *peer)
{
    must(peer->connect != TRANSPORT_DATA && peer->connect != TRANSPORT_EOF && peer->connect != TRANSPORT_RESET);
}

int scripted_serve(struct dialer *dialer, struct ip ip, uint16_t port, const struct scripted_peer *peer)
{
    check_peer(peer);
    struct place *p = place_at(dialer_of(dialer), ip, port);
    if (!p)
        return -1;
    p->is_served = true;
    p->peer = *peer;
    return 0;
}

void scripted_serve_others(struct dialer *dialer, const struct scripted_peer *peer)
{
    check_peer(peer);
    dialer_of(dialer)->others = *peer;
}

size_t scripted_dial_count(const struct dialer *dialer, struct ip ip, uint16_t port)
{
    const struct place *p = find_place(dialer_of(dialer), ip, port);
    return p ? p->dials : 0;
}

size_t scripted_connection_count(const struct dialer *dialer)
{
    size_t count = 0;
    for (const struct scripted_connection *c = dialer_of(dialer)->connections; c; c = c->next)
        count++;
    return count;
}
