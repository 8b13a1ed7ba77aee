/* SPDX-License-Identifier: Apache-2.0 */
/*
 * refused - requests whose head was not taken: too much of it, or no HTTP. They are counted and have their line in the log,
 * too.
 *
 * What the library refuses before it has read a first line it tells nobody but its own log, and that without a name. It is
 * whose connection ends next, if octets came on it that were no request; after a second it is nobody's.
 * Memory: in struct http and struct http_connection. Limits: REFUSED_PENDING of them wait to be somebody's. Fails: never.
 */
#ifndef SERVE_REFUSED_H
#define SERVE_REFUSED_H

#include <stdarg.h>

#include "serve/exchange.h"
#include "serve/request_log.h"

void refused_note(struct http *h, const struct refused_request *r);
void refused_head(struct http *h, struct MHD_Connection *mhd);         /* by the library, which had read the first line; or nobody refused it */
void refused_on_message(void *http, const char *format, va_list args); /* for the library's log */
void refused_claim(struct http *h, const struct http_connection *c);   /* that ends */

#endif
