/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls - the k-th socket, the k-th connect or the k-th question to the DNS fails, as the environment demands:
 * TORTURE="socket 3" the third one, TORTURE="socket 3 on" each from the third on.
 *
 * Who stands between the program and such a call asks calls_fail before each. After calls_restart the count begins anew;
 * calls_print tells how many there were.
 * Memory: none. Fails: a wrong TORTURE ends the process with status 64.
 */
#ifndef TESTS_TORTURE_CALLS_H
#define TESTS_TORTURE_CALLS_H

#include <stdbool.h>

enum call { CALL_SOCKET, CALL_CONNECT, CALL_LOOKUP, CALL_KINDS };

bool calls_fail(enum call call); /* is this one to fail? */
void calls_restart(void);
void calls_print(void); /* "torture: socket 4 connect 4 lookup 12", on standard error */

#endif
