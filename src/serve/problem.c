/* SPDX-License-Identifier: Apache-2.0 */
/* problem - see problem.h. */
#include "serve/problem.h"

#include <stdarg.h>
#include <stdio.h>

#include "report/json_writer.h"

enum { DETAIL_BYTES = 512 };

static const struct {
    const char *code;
    unsigned status;
    const char *title;
} problems[PROBLEM_COUNT] = {
    [PROBLEM_NOT_FOUND] = {"not-found", 404, "There is nothing here"},
    [PROBLEM_NO_SUCH_CHECK] = {"no-such-check", 404, "The catalogue has no check of this name"},
    [PROBLEM_NO_SUCH_RUN] = {"no-such-run", 404, "No run has this id, or it has expired"},
    [PROBLEM_METHOD] = {"method-not-allowed", 405, "This cannot be done here"},
    [PROBLEM_PARAMETER] = {"invalid-parameter", 400, "A parameter is wrong"},
    [PROBLEM_JSON] = {"invalid-json", 400, "The body is not the JSON that is expected"},
    [PROBLEM_TARGET] = {"invalid-target", 400, "This is no target"},
    [PROBLEM_NOT_PUBLIC] = {"not-public", 403, "This address is not on the public Internet"},
    [PROBLEM_OPTED_OUT] = {"opted-out", 403, "The owner of this target does not want to be tested from here"},
    [PROBLEM_MEDIA_TYPE] = {"unsupported-media-type", 415, "The body must be JSON"},
    [PROBLEM_TOO_LARGE] = {"body-too-large", 413, "The body is too large"},
    [PROBLEM_URI] = {"uri-too-long", 414, "The address that is asked for is too long"},
    [PROBLEM_HEADERS] = {"headers-too-large", 431, "The headers are too large"},
    [PROBLEM_EXPECTATION] = {"expectation-failed", 417, "This expectation cannot be met"},
    [PROBLEM_HOST] = {"host-not-served", 421, "This service does not answer under that name"},
    [PROBLEM_CROSS_SITE] = {"cross-site", 403, "Another site's page may not ask for this"},
    [PROBLEM_KEY_REQUIRED] = {"key-required", 401, "A key is needed"},
    [PROBLEM_KEY_UNKNOWN] = {"key-unknown", 401, "Nobody has this key"},
    [PROBLEM_SCOPE] = {"scope-missing", 403, "The key is not good for this"},
    [PROBLEM_AUTH_OFF] = {"auth-not-configured", 403, "SMTP AUTH is tested for keys with the scope auth only"},
    [PROBLEM_DEEP_OFF] = {"deep-not-allowed", 403, "Deep checks are made for keys with the scope deep only"},
    [PROBLEM_CLIENT_LIMIT] = {"rate-limited-client", 429, "You ask too often"},
    [PROBLEM_TARGET_LIMIT] = {"rate-limited-target", 429, "This target was tested too often"},
    [PROBLEM_BUSY] = {"busy", 503, "Too much is under way"},
    [PROBLEM_STOPPING] = {"stopping", 503, "The service is about to end"},
    [PROBLEM_NOT_OVER] = {"not-over", 409, "The run is not over"},
    [PROBLEM_CANCELLED] = {"cancelled", 410, "The run was cancelled"},
    [PROBLEM_RUN_FAILED] = {"run-failed", 502, "The run has failed"},
    [PROBLEM_TIMEOUT] = {"timeout", 504, "The run takes longer than may be waited for"},
    [PROBLEM_INTERNAL] = {"internal", 500, "We have failed"},
};

const char *problem_code(enum problem p)
{
    return problems[p].code;
}

unsigned problem_status(enum problem p)
{
    return problems[p].status;
}

static void write_text(struct json *j, const char *key, const char *text)
{
    json_key(j, key);
    json_cstr(j, text);
}

static void write_problem(struct answer *a, enum problem p, const char *format, va_list args) __attribute__((format(printf, 3, 0)));
static void write_problem(struct answer *a, enum problem p, const char *format, va_list args)
{
    struct json j;
    char type[64], detail[DETAIL_BYTES];
    vsnprintf(detail, sizeof detail, format, args);
    buf_done(&a->body);
    *a = (struct answer){.status = problems[p].status, .type = "application/problem+json"};
    buf_init(&a->body, ANSWER_BYTES_MAX);
    snprintf(type, sizeof type, "urn:mxassay:problem:%s", problems[p].code);
    json_init(&j, &a->body, 0);
    json_open_object(&j);
    write_text(&j, "type", type);
    write_text(&j, "title", problems[p].title);
    json_key(&j, "status");
    json_number(&j, problems[p].status);
    write_text(&j, "code", problems[p].code);
    write_text(&j, "detail", detail);
    json_close_object(&j);
    buf_add_char(&a->body, '\n');
    if (problems[p].status == 401)
        answer_header(a, "WWW-Authenticate", "Bearer realm=\"mxassay\"%s", p == PROBLEM_KEY_UNKNOWN ? ", error=\"invalid_token\"" : "");
}

void problem_write(struct answer *a, enum problem p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_problem(a, p, format, args);
    va_end(args);
}

void problem_retry(struct answer *a, enum problem p, uint32_t after_s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_problem(a, p, format, args);
    va_end(args);
    answer_header(a, "Retry-After", "%u", after_s);
}
