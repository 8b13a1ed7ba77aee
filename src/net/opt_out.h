/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_out - whom we leave alone: domains with all names below them, addresses and networks, a line each; `#` begins a
 * comment.
 *
 * Memory: malloc, owned by the struct opt_out, with a copy of the text. Limits: OPT_OUT_MAX lines, OPT_OUT_BYTES of text.
 * Fails: opt_out_parse NULL with a message that names the line.
 */
#ifndef NET_OPT_OUT_H
#define NET_OPT_OUT_H

#include "base/ip.h"

enum { OPT_OUT_MAX = 100000, OPT_OUT_BYTES = 4 * 1024 * 1024 };

struct opt_out;
struct opt_out *opt_out_parse(struct str text, char *error, size_t error_bytes);
void opt_out_free(struct opt_out *o);
struct str opt_out_text(const struct opt_out *o); /* as it was parsed */
/* Nobody is on the list NULL. */
bool opt_out_has_name(const struct opt_out *o, const char *name); /* no final dot */
bool opt_out_has_ip(const struct opt_out *o, struct ip ip);       /* or an IPv4 address inside it: NAT64, 6to4, Teredo */

#endif
