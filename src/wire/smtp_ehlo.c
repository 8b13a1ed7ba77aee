/* SPDX-License-Identifier: Apache-2.0 */
/* smtp_ehlo - see smtp_ehlo.h. */
#include "wire/smtp_ehlo.h"

/* "AUTH=LOGIN PLAIN" is how servers of the 1990s said it, and some say both forms still. */
static struct smtp_capability parse_capability(struct str line)
{
    struct str rest = line;
    struct str keyword = str_word(&rest);
    if (str_starts_nocase(keyword, "AUTH=")) {
        keyword.n = sizeof "AUTH=" - 1;
        rest = (struct str){keyword.p + keyword.n, (size_t)(line.p + line.n - (keyword.p + keyword.n))};
    }
    return (struct smtp_capability){keyword, str_trim(rest)};
}

void smtp_ehlo_parse(struct smtp_ehlo *ehlo, struct arena *arena)
{
    const struct smtp_reply *reply = &ehlo->reply;
    if (reply->code != 250 || !reply->complete || reply->line_count == 0)
        return;
    struct str first = reply->lines[0];
    ehlo->capabilities = ARENA_ARRAY(arena, struct smtp_capability, reply->line_count);
    if (!ehlo->capabilities) {
        ehlo->reply = (struct smtp_reply){0};
        return;
    }
    ehlo->hostname = str_word(&first);
    for (size_t i = 1; i < reply->line_count; i++) {
        struct smtp_capability c = parse_capability(reply->lines[i]);
        if (c.keyword.n)
            ehlo->capabilities[ehlo->capability_count++] = c;
    }
}

const struct smtp_capability *smtp_ehlo_find(const struct smtp_ehlo *ehlo, const char *keyword)
{
    for (size_t i = 0; i < ehlo->capability_count; i++)
        if (str_is_nocase(ehlo->capabilities[i].keyword, keyword))
            return &ehlo->capabilities[i];
    return NULL;
}
