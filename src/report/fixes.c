/* SPDX-License-Identifier: Apache-2.0 */
/* fixes - see fixes.h. */
#include "report/fixes.h"

#include <string.h>

#include "report/view.h"

static const struct fix {
    const char *check, *where, *text;
} fixes[] = {
#define FIX(check, where, text) {check, where, text},
#include "report/fixes.def"
#undef FIX
};

size_t fixes_count(void)
{
    return sizeof fixes / sizeof *fixes;
}

const char *fixes_check(size_t index)
{
    return fixes[index].check;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

/* What serves there, where its name or its greeting tells; NULL: not known. */
static const char *product_of(const struct host_facts *h)
{
    const char *product = NULL;
    if (ends_with(h->name, ".mail.protection.outlook.com") || ends_with(h->name, ".mx.microsoft"))
        return "Microsoft 365";
    for (size_t a = 0; a < h->address_count; a++)
        for (size_t e = 0; e < h->addresses[a].endpoint_count && !product; e++)
            product = view_software(&view_session(&h->addresses[a].endpoints[e])->greeting);
    return product;
}

static bool is_at_microsoft(const struct facts *f)
{
    for (size_t i = 0; i < f->host_count; i++) {
        const char *product = product_of(&f->hosts[i]);
        if (product && strcmp(product, "Microsoft 365") == 0)
            return true;
    }
    return false;
}

static bool fits(const struct fix *fix, const struct facts *f, const struct verdict *v)
{
    const char *product = v->subject.host ? product_of(v->subject.host) : NULL;
    if (strcmp(fix->where, "Microsoft 365") == 0)
        return is_at_microsoft(f);
    if (strcmp(fix->where, "Postfix") == 0 || strcmp(fix->where, "Exim") == 0)
        return !product || strcmp(product, fix->where) == 0;
    return true;
}

/* The server's own certificate where the finding is, or at the first address of the host that showed one. */
static const struct cert_facts *leaf_of(const struct subject *s)
{
    const struct tls_facts *t = s->endpoint ? &view_session(s->endpoint)->tls : NULL;
    if (t && t->certificate_count)
        return t->certificates;
    for (size_t a = 0; s->host && !s->endpoint && a < s->host->address_count; a++)
        for (size_t e = 0; e < s->host->addresses[a].endpoint_count; e++) {
            t = &view_session(&s->host->addresses[a].endpoints[e])->tls;
            if (t->certificate_count)
                return t->certificates;
        }
    return NULL;
}

static bool write_key(struct buf *out, const struct cert_facts *leaf)
{
    for (size_t i = 0; leaf && i < sizeof leaf->spki_sha256; i++)
        buf_printf(out, "%02x", leaf->spki_sha256[i]);
    return leaf != NULL;
}

/* Names only: not for a server that is given by its address. */
static bool write_name(struct buf *out, const char *name)
{
    struct ip ip;
    buf_add_cstr(out, name);
    return view_is_safe_argument(name) && !ip_parse(str_of(name), &ip);
}

static bool write_hosts(struct buf *out, const struct facts *f)
{
    bool good = f->host_count > 0;
    for (size_t i = 0; i < f->host_count; i++) {
        buf_add_cstr(out, "mx: ");
        good = write_name(out, f->hosts[i].name) && good;
        buf_add_char(out, '\n');
    }
    return good;
}

/* The digits of the time: an id of MTA-STS has room for them, and the next one is greater. */
static bool write_id(struct buf *out, struct wall t)
{
    char text[CLOCK_TEXT_BYTES];
    wall_write(t, text);
    for (const char *p = text; *p; p++)
        if (ascii_is_digit(*p))
            buf_add_char(out, *p);
    return true;
}

static bool write_address(struct buf *out, const struct address_facts *a, bool reversed)
{
    char ip[IP_TEXT_BYTES], name[REVERSE_NAME_BYTES];
    if (!a)
        return false;
    ip_write(a->ip, ip);
    ip_write_reverse_name(a->ip, name);
    buf_add_cstr(out, reversed ? name : ip);
    return true;
}

/* False: what the placeholder stands for is not known, or not safe. */
static bool write_part(struct buf *out, char placeholder, const struct facts *f, const struct subject *s)
{
    switch (placeholder) {
    case 'd':
        return write_name(out, f->target.name);
    case 'h':
        return s->host && write_name(out, s->host->name);
    case 'p':
        buf_printf(out, "%u", s->endpoint ? s->endpoint->port : SMTP_PORT);
        return true;
    case 'a':
    case 'r':
        return write_address(out, s->address, placeholder == 'r');
    case 'k':
        return write_key(out, leaf_of(s));
    case 'm':
        return write_hosts(out, f);
    case 't':
        return write_id(out, f->checked_at);
    default:
        break;
    }
    buf_add_char(out, '%');
    buf_add_char(out, placeholder);
    return true;
}

static bool write_fix(struct buf *out, const struct fix *fix, const struct facts *f, const struct subject *s)
{
    bool good = true;
    for (const char *p = fix->text; *p && good; p++)
        if (*p != '%' || !p[1])
            buf_add_char(out, *p);
        else
            good = write_part(out, *++p, f, s);
    return good;
}

bool fixes_next(struct buf *out, const struct facts *f, const struct verdict *v, size_t *at, const char **where)
{
    while (*at < fixes_count()) {
        const struct fix *fix = &fixes[(*at)++];
        size_t begun = out->used;
        if (strcmp(fix->check, v->check->id) != 0 || !fits(fix, f, v))
            continue;
        *where = fix->where;
        if (write_fix(out, fix, f, &v->subject))
            return true;
        out->used = begun;
    }
    return false;
}
