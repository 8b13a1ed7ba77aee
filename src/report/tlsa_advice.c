/* SPDX-License-Identifier: Apache-2.0 */
/* tlsa_advice - see tlsa_advice.h. */
#include "report/tlsa_advice.h"

#include <string.h>

#include "base/text.h"
#include "report/json_writer.h"

enum { USAGE_TA = 2, USAGE_EE = 3, SELECTOR_KEY = 1, DIGEST_SHA256 = 1, HEX_SHOWN_MAX = 64 };

enum published { PUBLISHED_MATCHES, PUBLISHED_STALE, PUBLISHED_USELESS };
static const char *const published_words[] = {"matching", "stale", "unusable"};

static bool is_answer(const struct dns_lookup *l)
{
    return l->status == DNS_FOUND || l->status == DNS_NODATA || l->status == DNS_NXDOMAIN;
}

static struct tlsa_key *key_of(struct tlsa_advice *a, const struct cert_facts *leaf)
{
    for (size_t i = 0; i < a->key_count; i++)
        if (memcmp(a->keys[i].leaf->spki_sha256, leaf->spki_sha256, sizeof leaf->spki_sha256) == 0)
            return &a->keys[i];
    return a->key_count < TLSA_KEYS_MAX ? &a->keys[a->key_count++] : NULL;
}

static void add_chain(struct tlsa_advice *a, const struct tls_facts *tls, struct ip ip)
{
    struct tlsa_key *k = tls->certificate_count ? key_of(a, &tls->certificates[0]) : NULL;
    if (!k)
        return;
    if (!k->leaf) {
        k->tls = tls;
        k->leaf = &tls->certificates[0];
        k->issuer = tls->certificate_count > 1 ? &tls->certificates[1] : NULL;
    }
    bool known = k->ip_count == TLSA_KEY_IPS_MAX || (k->ip_count && ip_eq(k->ips[k->ip_count - 1], ip));
    if (!known)
        k->ips[k->ip_count++] = ip;
}

static void add_endpoint(struct tlsa_advice *a, const struct endpoint_facts *e, struct ip ip)
{
    bool seen = false;
    for (size_t i = 0; i < e->session_count; i++) {
        add_chain(a, &e->sessions[i].tls, ip);
        seen = seen || e->sessions[i].tls.certificate_count;
    }
    if (e->deep && e->deep->sessions[DEEP_OTHER_KEY])
        add_chain(a, &e->deep->sessions[DEEP_OTHER_KEY]->tls, ip);
    a->endpoints++;
    a->endpoints_seen += seen;
}

static enum dane_service service_of(uint16_t port)
{
    return port == SUBMISSION_PORT || port == SUBMISSIONS_PORT ? DANE_SUBMISSION : DANE_MX;
}

/* The base that senders use; else the first that has records; else the first that they would ask for. */
static size_t choose_base(const struct dane *d, const struct tlsa_facts *t)
{
    if (d->base)
        return d->base_index;
    for (size_t i = 0; i < t->base_count; i++)
        if (t->bases[i].lookup.status == DNS_FOUND)
            return i;
    return 0;
}

void tlsa_advice_collect(const struct facts *f, struct tlsa_advice *a)
{
    *a = (struct tlsa_advice){.facts = f, .port = f->target.port, .name = f->target.name};
    if (f->host_count == 0)
        return;
    const struct host_facts *h = a->host = &f->hosts[0];
    a->dane = dane_decide(f, h, a->port, service_of(a->port));
    if (h->tlsa_count) {
        a->base_index = choose_base(&a->dane, &h->tlsa[0]);
        a->base = &h->tlsa[0].bases[a->base_index];
        a->name = a->base->name;
    }
    for (size_t i = 0; i < h->address_count; i++)
        for (size_t e = 0; e < h->addresses[i].endpoint_count; e++)
            add_endpoint(a, &h->addresses[i].endpoints[e], h->addresses[i].ip);
}

static bool chain_matches(const struct tlsa_advice *a, const struct tls_facts *tls, size_t record)
{
    return tls->tlsa[a->base_index] && tls->tlsa[a->base_index][record] == TLSA_MATCHES;
}

static enum published published_as(const struct tlsa_advice *a, size_t record)
{
    if (!dane_is_usable(&a->base->records[record], a->dane.service))
        return PUBLISHED_USELESS;
    for (size_t i = 0; i < a->key_count; i++)
        if (chain_matches(a, a->keys[i].tls, record))
            return PUBLISHED_MATCHES;
    return PUBLISHED_STALE;
}

/* Some record that senders can use authenticates this key. */
static bool is_covered(const struct tlsa_advice *a, const struct tlsa_key *k)
{
    for (size_t i = 0; a->base && i < a->base->record_count; i++)
        if (published_as(a, i) != PUBLISHED_USELESS && chain_matches(a, k->tls, i))
            return true;
    return false;
}

static bool is_published(const struct tlsa_advice *a, unsigned usage, const struct cert_facts *cert)
{
    for (size_t i = 0; a->base && i < a->base->record_count; i++) {
        const struct tlsa_record *r = &a->base->records[i];
        if (r->usage == usage && r->selector == SELECTOR_KEY && r->matching_type == DIGEST_SHA256 && r->data.n == sizeof cert->spki_sha256 &&
            memcmp(r->data.p, cert->spki_sha256, sizeof cert->spki_sha256) == 0)
            return true;
    }
    return false;
}

static bool issuer_is_known_before(const struct tlsa_advice *a, size_t key)
{
    for (size_t i = 0; i < key; i++)
        if (a->keys[i].issuer_proves && memcmp(a->keys[i].issuer->spki_sha256, a->keys[key].issuer->spki_sha256, sizeof a->keys[i].issuer->spki_sha256) == 0)
            return true;
    return false;
}

static bool is_signed(const struct tlsa_advice *a)
{
    return a->base && a->base->lookup.dnssec == DNSSEC_SECURE && !(a->dane.state == DANE_NONE && a->dane.none == DANE_ADDRESSES_INSECURE);
}

static uint32_t ttl_seen(const struct tlsa_advice *a)
{
    return a->base && a->base->lookup.status == DNS_FOUND ? a->base->lookup.ttl_s : 0;
}

int tlsa_advice_exit_status(const struct tlsa_advice *a)
{
    bool to_do = !is_signed(a);
    if (a->key_count == 0 || !a->base || !is_answer(&a->base->lookup))
        return 2;
    for (size_t i = 0; i < a->key_count; i++)
        to_do = to_do || !is_covered(a, &a->keys[i]);
    for (size_t i = 0; i < a->base->record_count; i++)
        to_do = to_do || published_as(a, i) != PUBLISHED_MATCHES;
    return to_do;
}

static void put_hex(struct buf *out, struct str octets, size_t most)
{
    const uint8_t *p = (const uint8_t *)octets.p;
    for (size_t i = 0; i < octets.n && i < most; i++)
        buf_printf(out, "%02x", p[i]);
    if (octets.n > most)
        buf_add_cstr(out, "...");
}

static struct str digest_of(const struct cert_facts *cert)
{
    return (struct str){(const char *)cert->spki_sha256, sizeof cert->spki_sha256};
}

static void put_owner(struct buf *out, const struct tlsa_advice *a)
{
    buf_printf(out, "_%u._tcp.%s.", a->port, a->name);
}

static void put_record(struct buf *out, const struct tlsa_advice *a, unsigned usage, const struct cert_facts *cert)
{
    put_owner(out, a);
    buf_printf(out, " IN TLSA %u %u %u ", usage, SELECTOR_KEY, DIGEST_SHA256);
    put_hex(out, digest_of(cert), 32);
    buf_add_char(out, '\n');
}

/* What the key is, in words that fit into a comment: text of the certificate is escaped, so no line can end in it. */
static void put_cert(struct buf *out, const struct cert_facts *cert)
{
    char date[CLOCK_TEXT_BYTES];
    wall_write_date(cert->not_after, date);
    buf_printf(out, "%s", cert->key_type_text);
    if (cert->curve)
        buf_printf(out, " %s", cert->curve);
    else if (cert->key_bits)
        buf_printf(out, " %u", cert->key_bits);
    buf_add_cstr(out, " key of ");
    text_write_ascii(out, cert->subject);
    buf_printf(out, ", certificate valid until %s", date);
}

static void put_ips(struct buf *out, const struct tlsa_key *k)
{
    for (size_t i = 0; i < k->ip_count; i++) {
        char ip[IP_TEXT_BYTES];
        ip_write(k->ips[i], ip);
        buf_printf(out, "%s%s", i ? ", " : "", ip);
    }
}

static void put_keys(struct buf *out, const struct tlsa_advice *a)
{
    for (size_t i = 0; i < a->key_count; i++) {
        const struct tlsa_key *k = &a->keys[i];
        buf_add_cstr(out, "\n; ");
        put_cert(out, k->leaf);
        buf_add_cstr(out, "\n; served at ");
        put_ips(out, k);
        buf_printf(out, "; this record is %s\n", is_published(a, USAGE_EE, k->leaf) ? "published" : "not published");
        put_record(out, a, USAGE_EE, k->leaf);
    }
    for (size_t i = 0; i < a->key_count; i++) {
        const struct tlsa_key *k = &a->keys[i];
        if (!k->issuer_proves || issuer_is_known_before(a, i))
            continue;
        buf_add_cstr(out, "\n; Instead or beside it: trust in the issuer, as long as it is sent and the certificate bears the name.\n; ");
        put_cert(out, k->issuer);
        buf_printf(out, "\n; this record is %s\n", is_published(a, USAGE_TA, k->issuer) ? "published" : "not published");
        put_record(out, a, USAGE_TA, k->issuer);
    }
}

static const char *why_no_answer(const struct tlsa_advice *a)
{
    if (!a->base)
        return "the name has no address, so nobody asks for its records";
    return a->base->lookup.reason ? a->base->lookup.reason : "no answer came in time";
}

static void put_published(struct buf *out, const struct tlsa_advice *a)
{
    static const char *const words[] = {"matches what is served", "matches nothing that was seen: stale, or for the next key", "of no use to senders"};
    buf_add_cstr(out, "\n; Published now: ");
    if (!a->base || !is_answer(&a->base->lookup)) {
        buf_add_cstr(out, "not known: ");
        text_write_ascii(out, str_of(why_no_answer(a)));
        buf_add_char(out, '\n');
        return;
    }
    size_t count = a->base->record_count + a->base->records_left_out;
    if (count == 0)
        buf_printf(out, "nothing%s\n", is_signed(a) ? ", and DNSSEC proves it" : "");
    else
        buf_printf(out, "%zu record%s, TTL %u s\n", count, count == 1 ? "" : "s", ttl_seen(a));
    for (size_t i = 0; i < a->base->record_count; i++) {
        const struct tlsa_record *r = &a->base->records[i];
        buf_printf(out, ";   %u %u %u ", r->usage, r->selector, r->matching_type);
        put_hex(out, r->data, HEX_SHOWN_MAX);
        buf_printf(out, "  %s\n", words[published_as(a, i)]);
    }
    if (!is_signed(a))
        buf_add_cstr(out, "; The host's addresses or this answer are not signed: until they are, senders do not look at TLSA records.\n");
}

static void put_plan(struct buf *out, const struct tlsa_advice *a)
{
    uint32_t ttl = ttl_seen(a);
    buf_add_cstr(out, "\n; To renew the key (RFC 7671 8.1, 8.4):\n"
                      ";   1. Make the next key. A new certificate for the old key needs no change here.\n"
                      ";   2. Publish its record beside the one of the key in use: ");
    put_owner(out, a);
    buf_add_cstr(out, " IN TLSA 3 1 1 and the SHA-256 of the next public key.\n");
    if (ttl)
        buf_printf(out, ";   3. Wait 2 x TTL, %u s, so that no cache is without it.\n", 2 * ttl);
    else
        buf_add_cstr(out, ";   3. Wait twice the TTL that the records have, so that no cache is without it.\n");
    buf_add_cstr(out, ";   4. Switch every address of the server to the next key.\n"
                      ";   5. See that this command finds the new record matching; then remove the old one.\n");
}

void tlsa_advice_write_text(struct buf *out, const struct tlsa_advice *a)
{
    char time[CLOCK_TEXT_BYTES];
    wall_write(a->facts->checked_at, time);
    buf_add_cstr(out, "; TLSA records of ");
    put_owner(out, a);
    buf_printf(out, ", seen at %s\n", time);
    if (strcmp(a->name, a->facts->target.name) != 0)
        buf_printf(out, "; %s is an alias; senders look here first.\n", a->facts->target.name);
    if (a->endpoints_seen < a->endpoints || a->endpoints == 0)
        buf_printf(out, "; %zu of %zu addresses showed a certificate: 'mxassay probe %s:%u' tells more.\n", a->endpoints_seen, a->endpoints,
                   a->facts->target.name, a->port);
    put_keys(out, a);
    put_published(out, a);
    put_plan(out, a);
}

static void json_hex(struct json *j, struct str octets)
{
    struct buf hex;
    buf_init(&hex, 2 * octets.n + 1);
    put_hex(&hex, octets, octets.n);
    j->out->failed = j->out->failed || hex.failed;
    json_str(j, (struct str){hex.bytes, hex.used});
    buf_done(&hex);
}

static void json_record(struct json *j, const struct tlsa_advice *a, unsigned usage, const struct cert_facts *cert)
{
    json_key(j, usage == USAGE_EE ? "key_record" : "issuer_record");
    json_open_object(j);
    json_key(j, "usage"), json_number(j, usage);
    json_key(j, "selector"), json_number(j, SELECTOR_KEY);
    json_key(j, "matching_type"), json_number(j, DIGEST_SHA256);
    json_key(j, "data"), json_hex(j, digest_of(cert));
    json_key(j, "published"), json_bool(j, is_published(a, usage, cert));
    json_close_object(j);
}

static void json_served(struct json *j, const struct tlsa_advice *a, const struct tlsa_key *k)
{
    char date[CLOCK_TEXT_BYTES], ip[IP_TEXT_BYTES];
    json_open_object(j);
    json_key(j, "subject"), json_str(j, k->leaf->subject);
    json_key(j, "key"), json_open_object(j);
    json_key(j, "type"), json_cstr(j, k->leaf->key_type_text);
    json_key(j, "bits"), json_number(j, k->leaf->key_bits);
    json_close_object(j);
    wall_write(k->leaf->not_after, date);
    json_key(j, "not_after"), json_cstr(j, date);
    json_key(j, "addresses"), json_open_array(j);
    for (size_t i = 0; i < k->ip_count; i++) {
        ip_write(k->ips[i], ip);
        json_cstr(j, ip);
    }
    json_close_array(j);
    json_key(j, "authenticated"), json_bool(j, is_signed(a) && is_covered(a, k));
    json_record(j, a, USAGE_EE, k->leaf);
    if (k->issuer_proves)
        json_record(j, a, USAGE_TA, k->issuer);
    else
        json_key(j, "issuer_record"), json_no_value(j);
    json_close_object(j);
}

static void json_published(struct json *j, const struct tlsa_advice *a)
{
    json_key(j, "published");
    if (!a->base || !is_answer(&a->base->lookup)) {
        json_no_value(j);
        return;
    }
    json_open_array(j);
    for (size_t i = 0; i < a->base->record_count; i++) {
        const struct tlsa_record *r = &a->base->records[i];
        json_open_object(j);
        json_key(j, "usage"), json_number(j, r->usage);
        json_key(j, "selector"), json_number(j, r->selector);
        json_key(j, "matching_type"), json_number(j, r->matching_type);
        json_key(j, "data"), json_hex(j, r->data);
        json_key(j, "state"), json_cstr(j, published_words[published_as(a, i)]);
        json_close_object(j);
    }
    json_close_array(j);
}

void tlsa_advice_write_json(struct buf *out, const struct tlsa_advice *a, unsigned indent)
{
    static const char *const dnssec[] = {"indeterminate", "secure", "insecure", "bogus"};
    char time[CLOCK_TEXT_BYTES];
    struct json j;
    wall_write(a->facts->checked_at, time);
    json_init(&j, out, indent);
    json_open_object(&j);
    json_key(&j, "host"), json_cstr(&j, a->facts->target.name);
    json_key(&j, "port"), json_number(&j, a->port);
    json_key(&j, "base"), json_cstr(&j, a->name);
    json_key(&j, "checked_at"), json_cstr(&j, time);
    json_key(&j, "dnssec"), json_cstr(&j, a->base ? dnssec[a->base->lookup.dnssec] : NULL);
    json_key(&j, "ttl_s");
    if (ttl_seen(a))
        json_number(&j, ttl_seen(a));
    else
        json_no_value(&j);
    json_key(&j, "addresses_tried"), json_number(&j, (int64_t)a->endpoints);
    json_key(&j, "addresses_seen"), json_number(&j, (int64_t)a->endpoints_seen);
    json_key(&j, "served"), json_open_array(&j);
    for (size_t i = 0; i < a->key_count; i++)
        json_served(&j, a, &a->keys[i]);
    json_close_array(&j);
    json_published(&j, a);
    json_close_object(&j);
}
