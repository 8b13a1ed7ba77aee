/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_out - whom we leave alone: domains with all names below them, addresses and networks, a line each; `#` begins a
 * comment.
 *
 * Memory: malloc, owned by the struct opt_out. Limits: OPT_OUT_MAX lines. Fails: opt_out_parse NULL with a message that
 * names the line.
 */
#ifndef SERVE_OPT_OUT_H
#define SERVE_OPT_OUT_H

#include "base/ip.h"

enum { OPT_OUT_MAX = 100000 };

struct opt_out;
struct opt_out *opt_out_parse(struct str text, char *error, size_t error_bytes);
void opt_out_free(struct opt_out *o);
bool opt_out_has_name(const struct opt_out *o, const char *name); /* lower case, no final dot */
bool opt_out_has_ip(const struct opt_out *o, struct ip ip);

#endif
