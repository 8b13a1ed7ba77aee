/* SPDX-License-Identifier: Apache-2.0 */
/* rules_relay - carrying strangers' mail. */
#include "judge/rules.h"

struct outcome rule_relay_rcpt_refused(struct context *c, const struct subject *s)
{
    (void)c, (void)s;
    return not_applicable();
}
