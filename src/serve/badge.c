/* SPDX-License-Identifier: Apache-2.0 */
/* badge - GET /badge/{domain}.svg: the status of a domain as a small picture. */
#include <string.h>

#include "serve/routes.h"
#include "serve/targets.h"

enum { CHARACTER_PX = 7, PADDING_PX = 12, LABEL_PX = 42 };

static void write_badge(struct answer *a, const char *word, const char *colour)
{
    int width = (int)strlen(word) * CHARACTER_PX + PADDING_PX, all = LABEL_PX + width;
    a->status = 200;
    a->type = "image/svg+xml";
    a->caching = "public, max-age=300";
    buf_printf(&a->body,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"20\" role=\"img\" aria-label=\"mail: %s\"><title>mail: %s</title>"
               "<rect width=\"%d\" height=\"20\" rx=\"3\" fill=\"#444\"/><rect x=\"%d\" width=\"%d\" height=\"20\" rx=\"3\" fill=\"%s\"/>"
               "<g fill=\"#fff\" font-family=\"Verdana,sans-serif\" font-size=\"11\" text-anchor=\"middle\"><text x=\"%d\" y=\"14\">mail</text>"
               "<text x=\"%d\" y=\"14\">%s</text></g></svg>\n",
               all, word, word, all, LABEL_PX, width, colour, LABEL_PX / 2, LABEL_PX + width / 2, word);
}

void badge_get(struct request *q, struct answer *a)
{
    static const struct {
        const char *status, *colour;
    } looks[] = {{"ok", "#1a7f37"}, {"warning", "#9a6700"}, {"error", "#b3261e"}, {"inconclusive", "#57606a"}};
    struct work_order order = {0};
    if (target_domain(q, request_part(q, "domain"), &order, a) < 0)
        return;
    const struct run *r = target_run(q, &order, CHECKS_MAX_AGE_S, a);
    if (!r)
        return;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        if (r->state == RUN_DONE && strcmp(r->status, looks[i].status) == 0) {
            write_badge(a, looks[i].status, looks[i].colour);
            return;
        }
    write_badge(a, "being checked", "#57606a");
    a->caching = NULL;
}
