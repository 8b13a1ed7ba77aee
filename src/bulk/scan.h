/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan - picks values out of a JSON text as it goes by, in pieces of any size: a report is large, and few of its members are wanted.
 *
 * A table says which members are wanted: a node is a member of its parent's object; the items of an array have the node of the
 * array. What has no node is passed over.
 * Order of calls: scan_init; scan_feed with all octets; scan_is_whole tells whether they were one whole value; scan_restart for
 *   the next one.
 * Memory: the caller's struct; texts live until the callback returns. Limits: SCAN_DEPTH_MAX levels; of a wanted value the first
 *   SCAN_TEXT_BYTES octets.
 * Fails: what nests too deeply or wrongly is not whole; it is no check of the syntax.
 * Spec: RFC 8259. Of escapes in a text only \", \\ and \/ are resolved; others are given as they stand, which is safe to show.
 */
#ifndef BULK_SCAN_H
#define BULK_SCAN_H

#include "base/str.h"

enum { SCAN_DEPTH_MAX = 32, SCAN_TEXT_BYTES = 1024, SCAN_NONE = 0, SCAN_ROOT = 1 };

struct scan_row {
    unsigned char parent;
    const char *key;
    unsigned char node; /* above SCAN_ROOT */
};

struct scan {
    const struct scan_row *rows;
    size_t row_count;
    void (*value)(void *arg, unsigned node, struct str text); /* a string, a number, true, false, null */
    void (*opened)(void *arg, unsigned node);                 /* an object */
    void (*closed)(void *arg, unsigned node);
    void *arg;
    struct {
        bool is_object;
        unsigned char node;
    } levels[SCAN_DEPTH_MAX + 1];
    size_t depth, passed_over; /* levels inside a value without a node */
    unsigned char node;        /* of the value that comes next, or is read */
    bool key_is_next, in_string, is_key, is_escaped, in_word, ended, broken;
    bool is_wanted; /* the text that is read is kept */
    size_t n;
    char text[SCAN_TEXT_BYTES];
};

void scan_init(struct scan *s, const struct scan_row *rows, size_t row_count);
void scan_restart(struct scan *s);
void scan_feed(struct scan *s, struct str bytes);
bool scan_is_whole(const struct scan *s);

#endif
