/* SPDX-License-Identifier: Apache-2.0 */
/* virtual_servers - see virtual_servers.h. */
#include "virtual_servers.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/transport_scripted.h"
#include "scn_play.h"

enum { PACE_MS = 1 };

struct listener {
    struct listener *next;
    struct virtual_servers *all;
    const struct scn_service *service;
    SSL_CTX *tls; /* made when the first client comes */
    unsigned connections;
};

struct conversation {
    struct conversation *next, **at; /* at: what points to it */
    struct virtual_servers *all;
    struct scripted_connection *connection;
    struct play *play;
    struct timer timer;
    bool over; /* our side is closed */
};

struct virtual_servers {
    struct loop *loop;
    struct scn_pki *pki;
    int64_t round_trip_ms;
    struct listener *listeners;
    struct conversation *conversations;
    char error[SCN_ERROR_BYTES];
};

static void end_conversation(struct conversation *c)
{
    if (c->next)
        c->next->at = c->at;
    *c->at = c->next;
    timer_cancel(&c->timer);
    play_free(c->play);
    free(c);
}

static void step(struct conversation *c);

static void on_timer(void *arg)
{
    struct conversation *c = arg;
    play_woken(c->play);
    step(c);
}

static void hang_up(struct conversation *c, enum transport_event how)
{
    struct virtual_servers *v = c->all;
    if (play_error(c->play) && !v->error[0])
        snprintf(v->error, sizeof v->error, "%s", play_error(c->play));
    c->over = true;
    scripted_end(c->connection, v->round_trip_ms, how);
}

/* Does what the play wants until it has to wait. A server without end is slowed down to the pace of time. */
static void step(struct conversation *c)
{
    while (!c->over) {
        const struct play_want want = play_want(c->play);
        if (want.wish != PLAY_WAIT)
            timer_cancel(&c->timer);
        switch (want.wish) {
        case PLAY_SEND: {
            struct str said = play_take(c->play);
            scripted_say(c->connection, c->all->round_trip_ms, said.p, said.n);
            break;
        }
        case PLAY_WAIT:
            if (!timer_is_started(&c->timer))
                timer_start(c->all->loop, &c->timer, want.wait_ms > PACE_MS ? want.wait_ms : PACE_MS, on_timer, c);
            return;
        case PLAY_READ:
            return;
        case PLAY_CLOSE:
            hang_up(c, TRANSPORT_EOF);
            break;
        case PLAY_RESET:
            hang_up(c, TRANSPORT_RESET);
            break;
        }
    }
}

static void on_open(struct scripted_connection *connection, void *arg)
{
    struct listener *l = arg;
    struct virtual_servers *v = l->all;
    struct conversation *c = calloc(1, sizeof *c);
    if (!l->tls)
        l->tls = scn_pki_context(v->pki, l->service, v->error);
    struct play *play = c ? play_new(l->service, ++l->connections, l->tls) : NULL;
    if (!play) {
        free(c);
        snprintf(v->error, sizeof v->error, "out of memory");
        scripted_end(connection, 0, TRANSPORT_RESET);
        return;
    }
    *c = (struct conversation){.next = v->conversations, .at = &v->conversations, .all = v, .connection = connection, .play = play};
    if (c->next)
        c->next->at = &c->next;
    v->conversations = c;
    scripted_set_state(connection, c);
    step(c);
}

static void on_data(struct scripted_connection *connection, const uint8_t *bytes, size_t n, void *arg)
{
    struct conversation *c = scripted_state(connection);
    (void)arg;
    if (!c || c->over)
        return;
    play_feed(c->play, bytes, n);
    step(c);
}

static void on_close(struct scripted_connection *connection, void *arg)
{
    (void)arg;
    if (scripted_state(connection))
        end_conversation(scripted_state(connection));
}

static int serve(struct virtual_servers *v, struct dialer *d, const struct scn_service *service)
{
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return -1;
    *l = (struct listener){.next = v->listeners, .all = v, .service = service};
    v->listeners = l;
    const struct scripted_peer peer = {
        .connect = service->presence == SCN_REFUSES ? TRANSPORT_REFUSED : TRANSPORT_OPEN,
        .never = service->presence == SCN_DROPS,
        .connect_delay_ms = v->round_trip_ms,
        .on_open = on_open,
        .on_data = on_data,
        .on_close = on_close,
        .arg = l,
    };
    return scripted_serve(d, service->ip, (uint16_t)service->port, &peer);
}

struct virtual_servers *virtual_servers_new(struct loop *l, struct dialer *d, const struct scn_world *w, struct scn_pki *pki, int64_t round_trip_ms)
{
    struct virtual_servers *v = calloc(1, sizeof *v);
    const struct scripted_peer nobody = {.connect = TRANSPORT_REFUSED, .connect_delay_ms = round_trip_ms};
    if (!v)
        return NULL;
    v->loop = l;
    v->pki = pki;
    v->round_trip_ms = round_trip_ms;
    scripted_serve_others(d, &nobody);
    for (const struct scn_service *service = w->services; service; service = service->next)
        if (serve(v, d, service) < 0) {
            virtual_servers_free(v);
            return NULL;
        }
    return v;
}

void virtual_servers_free(struct virtual_servers *v)
{
    if (!v)
        return;
    while (v->conversations)
        end_conversation(v->conversations);
    while (v->listeners) {
        struct listener *l = v->listeners;
        v->listeners = l->next;
        SSL_CTX_free(l->tls);
        free(l);
    }
    free(v);
}

const char *virtual_servers_error(const struct virtual_servers *v)
{
    return v->error[0] ? v->error : NULL;
}
