/* SPDX-License-Identifier: Apache-2.0 */
/* calls - see calls.h. */
#include "calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char *const names[CALL_KINDS] = {[CALL_SOCKET] = "socket", [CALL_CONNECT] = "connect", [CALL_LOOKUP] = "lookup"};

static unsigned long asked[CALL_KINDS];

struct demand {
    bool known;
    enum call call;
    unsigned long k; /* 0: none fails */
    bool all_after;
};

static struct demand read_demand(void)
{
    struct demand d = {.known = true, .call = CALL_KINDS};
    const char *text = getenv("TORTURE");
    char name[16], after[4] = "";
    if (!text || !*text)
        return d;
    int read = sscanf(text, "%15s %lu %3s", name, &d.k, after);
    for (unsigned i = 0; i < CALL_KINDS; i++)
        if (read >= 2 && strcmp(name, names[i]) == 0)
            d.call = (enum call)i;
    d.all_after = strcmp(after, "on") == 0;
    if (d.call == CALL_KINDS || (read == 3 && !d.all_after)) {
        fprintf(stderr, "torture: what is TORTURE='%s'?\n", text);
        exit(EX_USAGE);
    }
    return d;
}

bool calls_fail(enum call call)
{
    static struct demand demand;
    if (!demand.known)
        demand = read_demand();
    asked[call]++;
    return demand.k && call == demand.call && (asked[call] == demand.k || (demand.all_after && asked[call] > demand.k));
}

void calls_restart(void)
{
    memset(asked, 0, sizeof asked);
}

void calls_print(void)
{
    fprintf(stderr, "torture:");
    for (unsigned i = 0; i < CALL_KINDS; i++)
        fprintf(stderr, " %s %lu", names[i], asked[i]);
    fputc('\n', stderr);
}
