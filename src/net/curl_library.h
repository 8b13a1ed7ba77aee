/* SPDX-License-Identifier: Apache-2.0 */
/*
 * curl_library - libcurl, loaded when the first policy is fetched, inside net/ only. It and the dozen libraries behind
 * it take longer to load than this program does to start, and most runs need none of it.
 *
 * Memory: once loaded it stays for the life of the process. Fails: -1 with a message.
 */
#ifndef NET_CURL_LIBRARY_H
#define NET_CURL_LIBRARY_H

#include <curl/curl.h>
#include <stddef.h>

#define CURL_CALLS(X)                                                                                                                                          \
    X(global_init); X(easy_init); X(easy_setopt); X(easy_getinfo); X(easy_header); X(easy_strerror); X(easy_cleanup); X(slist_append); X(slist_free_all);      \
    X(multi_init); X(multi_setopt); X(multi_assign); X(multi_add_handle); X(multi_remove_handle); X(multi_socket_action); X(multi_info_read); X(multi_cleanup)

#define CURL_POINTER(name) __typeof__(&curl_##name) name
struct curl_library {
    CURL_CALLS(CURL_POINTER);
};

/* The functions, the library set up; after the first call the same again. NULL: `error` holds a message. */
const struct curl_library *curl_library_load(char *error, size_t error_bytes);

#endif
