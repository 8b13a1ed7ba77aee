/* SPDX-License-Identifier: Apache-2.0 */
/* pages - what workers must know to write pages that fit: where style sheet and script are. Memory: constants. Fails: never. */
#ifndef SERVE_PAGES_H
#define SERVE_PAGES_H

#include "report/report.h"

struct html_style pages_style(void);

#endif
