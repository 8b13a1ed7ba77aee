/* SPDX-License-Identifier: Apache-2.0 */
/* json_senders - the report as JSON: what becomes of mail from each sort of sender. */
#include "report/json_parts.h"

static const char *delivery_word(unsigned delivery)
{
    return delivery_text((enum delivery)delivery);
}
const struct vocabulary json_delivery_words = {.of = delivery_word, .last = DELIVERY_AUTHENTICATED};

static void write_ways(struct members *m, const struct sender *s)
{
    member_array(m, "addresses", "The same at each address, by preference.");
    for (size_t i = 0; i < s->way_count; i++) {
        const struct sender_way *w = &s->ways[i];
        char ip[IP_TEXT_BYTES] = "";
        if (w->subject.address)
            ip_write(w->subject.address->ip, ip);
        item_object(m);
        member_text(m, "host", w->subject.host->name, "The mail host.");
        member_text_or_null(m, "ip", w->subject.address ? ip : NULL, "The address; null: the host's addresses are not to be had.");
        member_word(m, "outcome", delivery_text(w->delivery), &json_delivery_words, "What becomes of mail there.");
        member_bool(m, "delayed", w->delayed, "It is delivered only at a later try.");
        member_text_or_null(m, "why", w->why, "What keeps it from being better; null: nothing does.");
        member_close(m);
    }
    member_close(m);
}

void json_write_senders(struct members *m, const struct judgement *j)
{
    member_array(m, "senders", "What becomes of mail from each usual sort of sender; empty for a server that is not asked for such mail.");
    for (size_t i = 0; i < j->sender_count; i++) {
        const struct sender *s = &j->senders[i];
        item_object(m);
        member_text(m, "profile", s->profile, "The sort of sender: doc/senders.md.");
        member_word(m, "outcome", delivery_text(s->best), &json_delivery_words, "What becomes of mail for the domain: the best of the addresses that decide.");
        member_text(m, "explanation", s->explanation, "The same in words, with the reason.");
        member_word(m, "best", delivery_text(s->best), &json_delivery_words, "The best of the addresses that decide: those of the first preference that takes mail, else all.");
        member_word(m, "worst", delivery_text(s->worst), &json_delivery_words, "The worst of them that is known.");
        member_object(m, "share", "How many of these addresses are as good as the best.");
        member_number(m, "best", s->addresses_best, "As good as the best.");
        member_number(m, "of", s->addresses, "All that decide.");
        member_close(m);
        member_bool(m, "delayed", s->delayed, "It is delivered only at a later try.");
        member_array(m, "delayed_by", "Hosts of better preference that are passed over first.");
        for (size_t k = 0; k < s->delayed_by_count; k++)
            item_str(m, str_of(s->delayed_by[k]));
        member_close(m);
        write_ways(m, s);
        member_close(m);
    }
    member_close(m);
}
