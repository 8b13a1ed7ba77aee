/* SPDX-License-Identifier: Apache-2.0 */
/* scn_world_parts - what the files of scn_world share: names, text in braces, and the steps of adding a scenario. */
#ifndef ENGINE_SCN_WORLD_PARTS_H
#define ENGINE_SCN_WORLD_PARTS_H

#include "scn_world.h"

#define APPEND(list, node) \
    do { \
        __typeof__(list) *end_ = &(list); \
        while (*end_) \
            end_ = &(*end_)->next; \
        *end_ = (node); \
    } while (0)

int world_wrong(struct scn_world *w, const char *file, unsigned line, const char *format, ...) __attribute__((format(printf, 4, 5))); /* always -1 */
const char *world_absolute(struct scn_world *w, const struct scenario *s, const char *name); /* with the final dot */
const char *world_reverse_name(struct scn_world *w, struct ip ip);
int world_expand(struct scn_world *w, const struct scenario *s, unsigned line, const struct scn_service *service, struct str text, struct str *out);
const char *world_expand_cstr(struct scn_world *w, const struct scenario *s, unsigned line, const struct scn_service *service, const char *text);
/* The policy's web server: it has no mail. */
bool world_is_web(const struct scn_host *h);

int world_add_zone(struct scn_world *w, const struct scenario *s, const char *name, enum scn_zone_state state, unsigned line);
/* Zones and records, once the hosts have addresses; then services, once the MX records are there. */
int world_add_names(struct scn_world *w, const struct scenario *s);
int world_add_services(struct scn_world *w, const struct scenario *s);

#endif
