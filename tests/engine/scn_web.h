/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_web - what a web server of a world answers: to GET of its policy file or another page of it that, to all else an error.
 *
 * Memory: none. Limits: one request a connection.
 * Fails: never; `out` knows whether it is whole.
 * Spec: RFC 9112 2.1, RFC 9112 3.2, RFC 8461 3.3.
 */
#ifndef ENGINE_SCN_WEB_H
#define ENGINE_SCN_WEB_H

#include "base/buf.h"
#include "scn_world.h"

/* `request`: up to the empty line. */
void scn_web_answer(const struct scn_service *service, struct str request, struct buf *out);
/* The media type of the page as it is sent; empty: none. */
const char *scn_web_content_type(const struct scn_page *page);

#endif
