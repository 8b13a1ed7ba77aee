/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab_sockets - listening sockets on addresses of the world.
 *
 * Memory: none. Fails: -1, with errno.
 */
#ifndef ENGINE_LAB_SOCKETS_H
#define ENGINE_LAB_SOCKETS_H

#include "base/ip.h"

/* What comes to a socket that drops is as if lost on the way. */
int lab_listen(struct ip ip, unsigned port, int kind, bool drops);
void lab_close_with_reset(int fd);

#endif
