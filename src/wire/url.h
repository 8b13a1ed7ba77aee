/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url - an https URL in its parts.
 *
 * Memory: slices of the text. Limits: HTTPS_URL_MAX octets. Fails: false, for all that is no such URL.
 * Spec: RFC 3986 3, RFC 9110 4.2.2 (https), 4.2.4 (user names are refused).
 */
#ifndef WIRE_URL_H
#define WIRE_URL_H

#include "base/str.h"

enum { HTTPS_URL_MAX = 2000 };

struct https_url {
    struct str host; /* a name or an address as written; not empty */
    uint16_t port;   /* 443 when none is written */
    struct str path; /* with the query, without the fragment; it may lack its first slash */
};

bool url_parse_https(struct str text, struct https_url *url);

#endif
