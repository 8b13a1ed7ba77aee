/* SPDX-License-Identifier: Apache-2.0 */
/* version - the libraries that this build talks to the world with. Memory: the caller's. Fails: never; text is cut to its room. */
#ifndef NET_VERSION_H
#define NET_VERSION_H

#include <stddef.h>

/* One line: "OpenSSL 3.0.22, libunbound 1.17.1, libevent 2.1.12-stable, ..." */
void net_library_versions(char *text, size_t text_bytes);

#endif
