/* SPDX-License-Identifier: Apache-2.0 */
/*
 * panic - our own bugs stop the process, loudly.
 *
 * must(condition) is always compiled in. It is for what only a bug of ours can break: never for
 * what a peer sent, never for memory, descriptors or files.
 * Memory: none. Fails: never; it does not return.
 */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

#define must(condition) ((condition) ? (void)0 : panic_at(__FILE__, __LINE__, __func__, #condition))

/* Prints place and broken condition to standard error and aborts. */
_Noreturn void panic_at(const char *file, int line, const char *function, const char *condition);

#endif
