/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory - what was freed goes back to the kernel.
 *
 * The resolver takes tens of kB for each question under way, and memory that lives long comes to lie between: malloc keeps such
 * holes by itself, however large.
 * Order of calls: memory_give_back, now and then, of who has much under way; it takes some ms.
 * Memory: none of its own. Fails: never; a C library that cannot do it does nothing.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

enum { MEMORY_GIVE_BACK_MS = 10 * 1000 }; /* seldom enough not to be noticed */

void memory_give_back(void);

#endif
