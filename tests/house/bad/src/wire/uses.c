/* SPDX-License-Identifier: Apache-2.0 */
/* uses - each line below that wants a rule breaks it, and no other line does. */
#include "wire/uses.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "facts/facts.h"
#include "judge/judge.h"  /* want: layers.include */
#include "net/loop.h"     /* want: layers.include */
#include "uses.h"         /* want: layers.include */
#include <event2/event.h> /* want: layers.socket */
#include <gsasl.h>        /* want: layers.library */
#include <jansson.h>      /* want: layers.json */
#include <microhttpd.h>   /* want: layers.http */
#include <openssl/ssl.h>  /* want: layers.tls */
#include <sys/socket.h>   /* want: layers.socket */
#include <sys/time.h>     /* want: layers.clock */

/* In a comment nothing counts: malloc(1), #include <openssl/ssl.h>, printf("x"),
#include "net/loop.h"
 * and neither does it in a string. */
static const char *const text = "malloc(1) exit(1) /* no comment: ";

int uses(struct ops *ops)
{
    ops->connect(ops, text); /* members are not the functions of the same name */
    ops[0].time();
    char *p = malloc(1);        /* want: layers.memory */
    long now = time(NULL);      /* want: layers.clock */
    int fd = socket(1, 2, 3);   /* want: layers.socket */
    printf("%s", text);         /* want: layers.print */
    if (!p) exit(1);            /* want: layers.exit */
    FILE *f = fopen(text, "r"); /* want: layers.file */
    p = getenv("HOME");         /* want: layers.environment */
    strcpy(p, text);            /* want: style.unsafe */
    assert(fd);                 /* want: style.assert */
    return fork() + (f != NULL) + (int)now; /* want: layers.process */
}
