/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tag_list - the `tag=value; tag=value` lists of DKIM, DMARC and BIMI, part by part.
 *
 * Memory: slices of the text. Limits: none. Fails: a part that is none has an empty name.
 * Spec: RFC 6376 3.2, RFC 9989 4.7, draft-brand-indicators-for-message-identification 4.2.
 */
#ifndef WIRE_TAG_LIST_H
#define WIRE_TAG_LIST_H

#include "base/str.h"

struct tag {
    struct str name, value; /* both trimmed; name empty: the part is no `tag=value` */
};

/* The next part that is not empty; false at the end. */
bool tag_list_next(struct str *rest, struct tag *tag);
/* The first of this name, in just these letters. */
bool tag_list_find(struct str list, const char *name, struct str *value);
struct str tag_trim(struct str s); /* blanks, and the line ends of folding */

#endif
