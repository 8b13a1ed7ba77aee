/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields - the `name=value;` lists of TXT records of MTA-STS and TLS-RPT, as strictly as their grammar.
 *
 * Order of calls: fields_begin, then field_next until it gives false; then look at `flaw`.
 * Memory: slices of the text. Limits: none. Fails: never; what breaks the grammar is a flaw, the first one is kept.
 * Spec: RFC 8461 3.1, RFC 8460 3.
 */
#ifndef WIRE_FIELDS_H
#define WIRE_FIELDS_H

#include "base/str.h"

struct fields {
    struct str rest;
    const char *flaw; /* static, in our words; NULL: none */
};

struct field {
    struct str name, value;
};

/* True when the text begins with the version and what follows it is `;`, a blank or nothing. */
bool fields_are_of(struct str text, const char *version);
void fields_begin(struct fields *f, struct str text, const char *version);
bool field_next(struct fields *f, struct field *field);
/* Of a field: letters and digits, behind the first also `_`, `-` and `.`. */
bool field_is_name(struct str name);
void fields_flaw(struct fields *f, const char *flaw); /* unless there is one */

#endif
