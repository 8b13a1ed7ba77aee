/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preload - what our libraries would read from files when they first need it, read now: for a process that will not be able
 * to open files.
 *
 * Memory: stays for the life of the process, or of the context. Fails: never; what is missing then is missing later.
 */
#ifndef NET_PRELOAD_H
#define NET_PRELOAD_H

#include "net/tls.h"

void net_preload(struct tls_context *tls);

#endif
