/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scn_random - randomness of OpenSSL that is the same in every run: keys, certificates and handshakes repeat.
 *
 * Order of calls: scn_random_begin once, before anything else of OpenSSL; scn_random_seed wherever what follows must
 *   not depend on what came before. Without scn_random_begin the latter does nothing.
 * Memory: static. Fails: scn_random_begin with -1.
 */
#ifndef ENGINE_SCN_RANDOM_H
#define ENGINE_SCN_RANDOM_H

int scn_random_begin(void);
void scn_random_seed(const char *text);

#endif
