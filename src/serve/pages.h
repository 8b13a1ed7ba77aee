/* SPDX-License-Identifier: Apache-2.0 */
/* pages - what workers must know to write pages that fit: where the style sheet is. Memory: the caller's. Fails: never. */
#ifndef SERVE_PAGES_H
#define SERVE_PAGES_H

enum { PAGES_HREF_BYTES = 64 };

void pages_stylesheet(char href[static PAGES_HREF_BYTES]);

#endif
