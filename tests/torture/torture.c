/* SPDX-License-Identifier: Apache-2.0 */
/* torture - see torture.h. */
#include "torture.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/panic.h"
#include "net/resolver.h"
#include "net/transport_scripted.h"

static size_t asked, failing_at, live;
static bool armed, failing_after, hit_library;
static unsigned paused;

void torture_arm(size_t k, bool all_after)
{
    asked = 0;
    failing_at = k;
    failing_after = all_after;
    hit_library = false;
    armed = true;
}

size_t torture_asked(void)
{
    return asked;
}

void torture_disarm(void)
{
    armed = false;
}

void torture_pause(void)
{
    paused++;
}

void torture_resume(void)
{
    paused--;
}

bool torture_hit_library(void)
{
    return hit_library;
}

size_t torture_live(void)
{
    return live;
}

static bool fails(void)
{
    if (!armed || paused)
        return false;
    asked++;
    bool now = failing_at && (asked == failing_at || (failing_after && asked > failing_at));
    if (now)
        errno = ENOMEM;
    return now;
}

static void *counted(void *block)
{
    live += block != NULL;
    return block;
}

/* The linker's --wrap gives calls of malloc to __wrap_malloc, and calls it by __real_malloc. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *block, size_t n);
void *__real_reallocarray(void *block, size_t count, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
void __real_free(void *block);
void __real_resolver_ask(struct resolver *r, struct query *q, const char *name, enum dns_type type, struct arena *arena, int64_t limit_ms, query_fn *fn,
                         void *arg);
void __real_scripted_say(struct scripted_connection *c, int64_t delay_ms, const void *bytes, size_t n);
void __real_scripted_end(struct scripted_connection *c, int64_t delay_ms, enum transport_event how);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *block, size_t n);
void *__wrap_reallocarray(void *block, size_t count, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
void __wrap_free(void *block);
void __wrap_resolver_ask(struct resolver *r, struct query *q, const char *name, enum dns_type type, struct arena *arena, int64_t limit_ms, query_fn *fn,
                         void *arg);
void __wrap_scripted_say(struct scripted_connection *c, int64_t delay_ms, const void *bytes, size_t n);
void __wrap_scripted_end(struct scripted_connection *c, int64_t delay_ms, enum transport_event how);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : counted(__real_malloc(n));
}

void *__wrap_calloc(size_t count, size_t n)
{
    return fails() ? NULL : counted(__real_calloc(count, n));
}

void *__wrap_realloc(void *block, size_t n)
{
    if (fails())
        return NULL;
    void *moved = __real_realloc(block, n);
    return block ? moved : counted(moved);
}

void *__wrap_reallocarray(void *block, size_t count, size_t n)
{
    if (fails())
        return NULL;
    void *moved = __real_reallocarray(block, count, n);
    return block ? moved : counted(moved);
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : counted(__real_strdup(s));
}

char *__wrap_strndup(const char *s, size_t n)
{
    return fails() ? NULL : counted(__real_strndup(s, n));
}

void __wrap_free(void *block)
{
    live -= block != NULL;
    __real_free(block);
}

/* What the twins of resolver and transport keep for themselves stands for the rest of the world. */
void __wrap_resolver_ask(struct resolver *r, struct query *q, const char *name, enum dns_type type, struct arena *arena, int64_t limit_ms, query_fn *fn,
                         void *arg)
{
    torture_pause();
    __real_resolver_ask(r, q, name, type, arena, limit_ms, fn, arg);
    torture_resume();
}

void __wrap_scripted_say(struct scripted_connection *c, int64_t delay_ms, const void *bytes, size_t n)
{
    torture_pause();
    __real_scripted_say(c, delay_ms, bytes, n);
    torture_resume();
}

void __wrap_scripted_end(struct scripted_connection *c, int64_t delay_ms, enum transport_event how)
{
    torture_pause();
    __real_scripted_end(c, delay_ms, how);
    torture_resume();
}

/* OpenSSL's blocks are not counted as ours: its caches live as long as the process. */
static bool library_fails(void)
{
    bool now = fails();
    hit_library = hit_library || (now && asked == failing_at);
    return now;
}

static void *ssl_malloc(size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return n == 0 || library_fails() ? NULL : __real_malloc(n);
}

static void *ssl_realloc(void *block, size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return n && library_fails() ? NULL : __real_realloc(block, n);
}

static void ssl_free(void *block, const char *file, int line)
{
    (void)file, (void)line;
    __real_free(block);
}

void torture_init(void)
{
    must(CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) == 1);
}
