/* SPDX-License-Identifier: Apache-2.0 */
/* rules_dane - the decision of dane.h about a host's mail port, for rules; inside the room only. Memory: none. Fails: never. */
#ifndef JUDGE_RULES_DANE_H
#define JUDGE_RULES_DANE_H

#include "judge/dane.h"
#include "judge/rules.h"

struct dane dane_of(const struct context *c, const struct host_facts *h);

#endif
