/* SPDX-License-Identifier: Apache-2.0 */
/* order_key - see order_key.h. */
#include "serve/order_key.h"

#include "base/buf.h"

#include <string.h>

/* The least port above `after`, or -1. */
static int next_port(const struct work_order *order, int after)
{
    int least = -1;
    for (size_t i = 0; i < order->port_count; i++)
        if (order->ports[i] > after && (least < 0 || order->ports[i] < least))
            least = order->ports[i];
    return least;
}

static const char *next_word(const char *const *words, const char *after)
{
    const char *least = NULL;
    for (; *words; words++)
        if ((!after || strcmp(*words, after) > 0) && (!least || strcmp(*words, least) < 0))
            least = *words;
    return least;
}

static void add_words(struct buf *b, char kind, const char *const *words)
{
    if (!words)
        return;
    buf_printf(b, "\n%c", kind);
    for (const char *word = NULL; (word = next_word(words, word)) != NULL;)
        buf_printf(b, " %s", word);
}

char *order_key(const struct work_order *order)
{
    struct buf b;
    buf_init(&b, 2 * WORK_ORDER_BYTES);
    buf_printf(&b, "%c %s\n%d%d%d", order->server ? 's' : 'd', order->target, order->deep, order->no_smtp, order->server ? (int)order->tls : 0);
    for (int port = 0; (port = next_port(order, port)) > 0;)
        buf_printf(&b, " %d", port);
    add_words(&b, '+', order->only);
    add_words(&b, '-', order->skip);
    buf_add_char(&b, '\0');
    if (b.failed)
        buf_done(&b);
    return b.bytes;
}
