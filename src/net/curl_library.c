/* SPDX-License-Identifier: Apache-2.0 */
/* curl_library - see curl_library.h. */
#include "net/curl_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char FILE_NAME[] = "libcurl.so.4";

static int find(void *handle, const char *name, void *into, char *error, size_t error_bytes)
{
    void *symbol = dlsym(handle, name);
    if (!symbol) {
        snprintf(error, error_bytes, "%s has no %s", FILE_NAME, name);
        return -1;
    }
    memcpy(into, &symbol, sizeof symbol);
    return 0;
}

static int find_all(void *handle, struct curl_library *l, char *error, size_t error_bytes)
{
#define FIND(name)                                                                                                                                             \
    if (find(handle, "curl_" #name, &l->name, error, error_bytes) < 0)                                                                                         \
    return -1
    CURL_CALLS(FIND);
#undef FIND
    return 0;
}

const struct curl_library *curl_library_load(char *error, size_t error_bytes)
{
    static struct curl_library library;
    static bool loaded;
    if (loaded)
        return &library;
    void *handle = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(error, error_bytes, "%s", dlerror());
        return NULL;
    }
    if (find_all(handle, &library, error, error_bytes) < 0)
        return NULL;
    loaded = library.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!loaded)
        snprintf(error, error_bytes, "%s does not start", FILE_NAME);
    return loaded ? &library : NULL;
}
