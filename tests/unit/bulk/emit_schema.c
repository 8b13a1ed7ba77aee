/* SPDX-License-Identifier: Apache-2.0 */
/* emit_schema - prints doc/bulk-summary.schema.json, for who compares or writes it anew. */
#include <stdio.h>

#include "bulk/tally.h"

int main(void)
{
    struct buf out;
    buf_init(&out, 1024 * 1024);
    tally_write_schema(&out);
    bool good = !out.failed && fwrite(out.bytes, 1, out.used, stdout) == out.used;
    buf_done(&out);
    return good ? 0 : 1;
}
