/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer - a question to the farm's name server, and what it says.
 *
 * Order of calls: zones_read and sign_init, answer_init, then answer_write for each question.
 * Limits: no EDNS option, no truncation: answers are small.
 * Spec: RFC 1034 4.3.2, RFC 4035 3.1, RFC 5155 7.2.
 */
#ifndef FARM_ANSWER_H
#define FARM_ANSWER_H

#include "zones.h"

enum { ANSWER_BYTES = 4096, ALL_LABELS = 255 };

struct question {
    struct name name;
    uint16_t type;
    bool wants_signatures;
};

void answer_init(void);

/* Reads the question of a message. False: it is none that can be answered. */
bool question_read(const uint8_t *message, size_t n, struct question *q);

/* The answer of a server whose zones have at most `labels_max` labels, to the message that `q` was read from. `out` has room
 * for ANSWER_BYTES. Returns its length. */
size_t answer_write(const struct question *q, const uint8_t *message, unsigned labels_max, uint8_t *out);

#endif
