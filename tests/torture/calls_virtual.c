/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls_virtual - stands between mxassay-virtual and the scripted twins of dialer and resolver. A dial whose socket or
 * connect is to fail goes to an address that answers with our own trouble; a question that is to fail, to a name that does.
 */
#include <errno.h>

#include "../engine/virtual_run.h"
#include "base/panic.h"
#include "calls.h"
#include "net/resolver_scripted.h"
#include "net/transport_scripted.h"

enum { PORT = 1 };

#define TROUBLED_NAME "no-way-to-ask.invalid"

static const struct dialer_ops *dialer_ops;
static const struct resolver_ops *resolver_ops;

static struct ip address_without(enum call call)
{
    struct ip ip;
    must(ip_parse(call == CALL_SOCKET ? STR("192.0.2.254") : STR("192.0.2.253"), &ip));
    return ip;
}

static struct transport *dial(struct dialer *d, struct ip ip, uint16_t port, transport_fn *fn, void *arg)
{
    bool no_socket = calls_fail(CALL_SOCKET), no_connect = !no_socket && calls_fail(CALL_CONNECT);
    if (no_socket || no_connect)
        return dialer_ops->dial(d, address_without(no_socket ? CALL_SOCKET : CALL_CONNECT), PORT, fn, arg);
    return dialer_ops->dial(d, ip, port, fn, arg);
}

static void ask(struct resolver *r, struct query *q, int64_t limit_ms)
{
    if (calls_fail(CALL_LOOKUP)) {
        q->name = TROUBLED_NAME;
        must(scripted_dns_fail(r, q->name, q->type, DNS_TROUBLE, DNSSEC_INDETERMINATE, "out of descriptors") == 0);
    }
    resolver_ops->ask(r, q, limit_ms);
}

/* The linker's --wrap gives calls of f to __wrap_f, and calls it by __real_f. */
struct dialer *__real_scripted_dialer_new(struct loop *l);
struct dialer *__wrap_scripted_dialer_new(struct loop *l);
struct resolver *__real_scripted_resolver_new(struct loop *l);
struct resolver *__wrap_scripted_resolver_new(struct loop *l);
void __real_virtual_run(const struct scenario *s, struct scn_pki *pki, const struct virtual_setting *setting, struct virtual_result *result);
void __wrap_virtual_run(const struct scenario *s, struct scn_pki *pki, const struct virtual_setting *setting, struct virtual_result *result);

struct dialer *__wrap_scripted_dialer_new(struct loop *l)
{
    static struct dialer_ops ops;
    struct dialer *d = __real_scripted_dialer_new(l);
    must(d);
    dialer_ops = d->ops;
    ops = *dialer_ops;
    ops.dial = dial;
    d->ops = &ops;
    must(scripted_serve(d, address_without(CALL_SOCKET), PORT, &(struct scripted_peer){.connect = TRANSPORT_TROUBLE, .error = EMFILE}) == 0);
    must(scripted_serve(d, address_without(CALL_CONNECT), PORT, &(struct scripted_peer){.connect = TRANSPORT_TROUBLE, .error = EADDRNOTAVAIL}) == 0);
    return d;
}

struct resolver *__wrap_scripted_resolver_new(struct loop *l)
{
    static struct resolver_ops ops;
    struct resolver *r = __real_scripted_resolver_new(l);
    must(r);
    resolver_ops = r->ops;
    ops = *resolver_ops;
    ops.ask = ask;
    r->ops = &ops;
    return r;
}

void __wrap_virtual_run(const struct scenario *s, struct scn_pki *pki, const struct virtual_setting *setting, struct virtual_result *result)
{
    calls_restart();
    __real_virtual_run(s, pki, setting, result);
    calls_print();
}
