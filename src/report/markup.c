/* SPDX-License-Identifier: Apache-2.0 */
/* markup - see markup.h. */
#include "report/markup.h"

#include "base/text.h"

void markup_write_text(struct buf *out, struct str s)
{
    static const char *const entities[128] = {['"'] = "&quot;", ['&'] = "&amp;", ['\''] = "&#39;", ['<'] = "&lt;", ['>'] = "&gt;"};
    struct buf safe;
    buf_init(&safe, MARKUP_TEXT_BYTES_MAX);
    text_write_safe(&safe, s);
    for (size_t i = 0; i < safe.used; i++) {
        unsigned char c = (unsigned char)safe.bytes[i];
        if (c < 128 && entities[c])
            buf_add_cstr(out, entities[c]);
        else
            buf_add_char(out, (char)c);
    }
    out->failed = out->failed || safe.failed;
    buf_done(&safe);
}
