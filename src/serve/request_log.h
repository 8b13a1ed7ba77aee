/* SPDX-License-Identifier: Apache-2.0 */
/* request_log - one line for each request: no query, no header, no body, nothing secret. Memory: none kept. Fails: silently. */
#ifndef SERVE_REQUEST_LOG_H
#define SERVE_REQUEST_LOG_H

struct exchange;
void request_log(const struct exchange *e);

#endif
