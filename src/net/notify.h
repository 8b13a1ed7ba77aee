/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify - tells the service manager that started us how we are.
 *
 * Memory: none. Fails: silently; a manager that does not listen is no trouble of ours.
 * Spec: sd_notify(3).
 */
#ifndef NET_NOTIFY_H
#define NET_NOTIFY_H

/* `socket_name`: NOTIFY_SOCKET of the environment, a path or an abstract name that begins with '@'; NULL: nobody listens. */
void notify_manager(const char *socket_name, const char *state);

#endif
