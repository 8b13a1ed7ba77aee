/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_names_world - what a healthy domain publishes about its mail, and what others say of it: SPF, DMARC, DKIM, block lists,
 * name servers, and CAA records; for tests that then break one thing.
 *
 * Memory: the world's arena. Fails: never.
 */
#ifndef TESTS_JUDGE_MAIL_NAMES_WORLD_H
#define TESTS_JUDGE_MAIL_NAMES_WORLD_H

#include "world.h"

struct spf_facts *with_spf(struct world *w);      /* `v=spf1 mx -all`; each address of the hosts gets pass */
struct dmarc_record *with_dmarc(struct world *w); /* p=reject, found at the domain itself */
struct dkim_selector *with_dkim(struct world *w); /* one guessed selector has a good key */
extern const struct dnsbl_list list_of_addresses;
void with_dnsbl(struct world *w); /* two sound lists know nobody */
/* Two name servers with two addresses each agree; the answers to a question are in the order of the servers. */
void with_authorities(struct world *w);
struct bimi_facts *with_bimi(struct world *w); /* a good logo and good evidence at www.example.org */
struct caa_facts *with_caa(struct world *w); /* example.org permits the CA of all certificates; room for CAA_ROOM records */
enum { CAA_ROOM = 8 };

#endif
