/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uses - a header that no other room includes need not state its contract.
 */
#ifndef WIRE_USES_H
#define WIRE_USES_H

struct ops;
typedef int fine_fn(struct ops *ops);
typedef struct ops bad; /* want: style.typedef */
int uses(struct ops *ops);

#endif
