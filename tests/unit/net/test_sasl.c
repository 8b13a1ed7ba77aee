/* SPDX-License-Identifier: Apache-2.0 */
/* test_sasl - each mechanism against the exchange printed in its document, or a server that checks it. */
#include "net/sasl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsasl.h>

static struct sasl *client;

static int tear_down(void **state)
{
    (void)state;
    sasl_free(client);
    client = NULL;
    return 0;
}

static void begin(const char *mechanism, const char *user, const char *password)
{
    client = sasl_new(mechanism, user, password, "mx.good.test");
    assert_non_null(client);
}

/* One step in clear; the challenge is encoded and the response decoded here. */
static enum sasl_result step(const char *challenge, char response[static 512])
{
    char *base64 = NULL, *clear = NULL;
    size_t n = 0;
    struct str answer;
    assert_int_equal(gsasl_base64_to(challenge, strlen(challenge), &base64, &n), GSASL_OK);
    enum sasl_result result = sasl_step(client, (struct str){base64, n}, &answer);
    gsasl_free(base64);
    assert_int_equal(gsasl_base64_from(answer.p ? answer.p : "", answer.n, &clear, &n), GSASL_OK);
    assert_true(n < 512);
    memcpy(response, clear, n);
    response[n] = '\0';
    gsasl_free(clear);
    return result;
}

static void assert_choice(const char *offered, bool in_tls, bool clear_allowed, const char *wanted)
{
    const char *chosen = sasl_choose(str_of(offered), in_tls, clear_allowed);
    if (!wanted != !chosen || (wanted && strcmp(chosen, wanted) != 0))
        fail_msg("of \"%s\" %s was chosen and not %s", offered, chosen ? chosen : "none", wanted ? wanted : "none");
}

static void the_strongest_is_chosen(void **state)
{
    (void)state;
    assert_choice("LOGIN PLAIN CRAM-MD5 SCRAM-SHA-256", true, false, "SCRAM-SHA-256");
    assert_choice("LOGIN PLAIN CRAM-MD5", true, false, "CRAM-MD5");
    assert_choice("LOGIN PLAIN", true, false, "PLAIN");
    assert_choice("  login ", true, false, "LOGIN");
    assert_choice("GSSAPI NTLM SCRAM-SHA-256-PLUS PLAINTEXT", true, false, NULL);
    assert_choice("", true, true, NULL);
}

static void no_password_goes_in_clear(void **state)
{
    (void)state;
    assert_choice("LOGIN PLAIN", false, false, NULL);
    assert_choice("LOGIN PLAIN CRAM-MD5", false, false, "CRAM-MD5");
    assert_choice("PLAIN SCRAM-SHA-256", false, false, "SCRAM-SHA-256");
    assert_choice("LOGIN PLAIN", false, true, "PLAIN");
}

static void plain(void **state)
{
    struct str response;
    (void)state;
    begin("PLAIN", "tim", "tanstaaftanstaaf");
    assert_true(sasl_has_initial_response(client));
    assert_int_equal(sasl_step(client, STR(""), &response), SASL_DONE);
    assert_true(str_is(response, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm")); /* RFC 4616 4, without authzid */
    assert_int_equal(sasl_step(client, STR(""), &response), SASL_BAD); /* nothing is left to say */
    assert_null(response.p);
}

static void login(void **state)
{
    char response[512];
    (void)state;
    begin("LOGIN", "tim", "secret");
    assert_false(sasl_has_initial_response(client));
    assert_int_equal(step("Username:", response), SASL_MORE);
    assert_string_equal(response, "tim");
    assert_int_equal(step("Password:", response), SASL_DONE);
    assert_string_equal(response, "secret");
}

static void cram_md5(void **state)
{
    struct str response;
    (void)state;
    begin("CRAM-MD5", "tim", "tanstaaftanstaaf"); /* RFC 2195 2 */
    assert_false(sasl_has_initial_response(client));
    assert_int_equal(sasl_step(client, STR("PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+"), &response), SASL_DONE);
    assert_true(str_is(response, "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"));
}

/* The server's side of SCRAM, by the same library in its other role. */
struct scram_server {
    Gsasl *library;
    Gsasl_session *session;
};

static int answer_property(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
    (void)library;
    return property == GSASL_PASSWORD ? gsasl_property_set(session, property, "pencil") : GSASL_NO_CALLBACK;
}

static struct scram_server scram_server_new(void)
{
    struct scram_server s;
    assert_int_equal(gsasl_init(&s.library), GSASL_OK);
    gsasl_callback_set(s.library, answer_property);
    assert_int_equal(gsasl_server_start(s.library, "SCRAM-SHA-256", &s.session), GSASL_OK);
    return s;
}

static void scram_server_free(struct scram_server s)
{
    gsasl_finish(s.session);
    gsasl_done(s.library);
}

static int ask(struct scram_server s, const char *response, char challenge[static 512])
{
    char *text = NULL;
    size_t n = 0;
    int rc = gsasl_step(s.session, response, strlen(response), &text, &n);
    assert_true(n < 512);
    memcpy(challenge, text ? text : "", n);
    challenge[n] = '\0';
    gsasl_free(text);
    return rc;
}

static void scram(void **state)
{
    char challenge[512], response[512];
    (void)state;
    struct scram_server server = scram_server_new();
    begin("SCRAM-SHA-256", "user", "pencil");
    assert_true(sasl_has_initial_response(client));
    assert_int_equal(step("", response), SASL_MORE);
    assert_memory_equal(response, "n,,n=user,r=", 12); /* RFC 7677 3 */
    assert_int_equal(ask(server, response, challenge), GSASL_NEEDS_MORE);
    assert_int_equal(step(challenge, response), SASL_MORE);
    assert_memory_equal(response, "c=biws,r=", 9);
    assert_int_equal(ask(server, response, challenge), GSASL_OK);
    assert_memory_equal(challenge, "v=", 2);
    assert_int_equal(step(challenge, response), SASL_DONE);
    assert_string_equal(response, "");
    scram_server_free(server);
}

static void scram_up_to_the_signature(struct scram_server server, char challenge[static 512])
{
    char response[512];
    begin("SCRAM-SHA-256", "user", "pencil");
    assert_int_equal(step("", response), SASL_MORE);
    assert_int_equal(ask(server, response, challenge), GSASL_NEEDS_MORE);
    assert_int_equal(step(challenge, response), SASL_MORE);
    assert_int_equal(ask(server, response, challenge), GSASL_OK);
}

static void scram_with_a_wrong_server_signature(void **state)
{
    char challenge[512], response[512];
    (void)state;
    struct scram_server server = scram_server_new();
    scram_up_to_the_signature(server, challenge);
    challenge[5] = challenge[5] == 'A' ? 'B' : 'A';
    assert_int_equal(step(challenge, response), SASL_BAD);
    assert_string_equal(response, "");
    scram_server_free(server);
}

static void scram_with_an_error_for_a_signature(void **state)
{
    char challenge[512], response[512];
    (void)state;
    struct scram_server server = scram_server_new();
    scram_up_to_the_signature(server, challenge);
    assert_int_equal(step("e=other-error", response), SASL_BAD);
    scram_server_free(server);
}

/* The client's first message, then a challenge with the client's nonce, more of it, salt and this many rounds. */
static enum sasl_result answer_rounds(const char *rounds)
{
    char response[512], challenge[700];
    begin("SCRAM-SHA-256", "user", "pencil");
    assert_int_equal(step("", response), SASL_MORE);
    snprintf(challenge, sizeof challenge, "r=%sserver,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=%s", strstr(response, ",r=") + 3, rounds);
    return step(challenge, response);
}

static void scram_rounds_have_a_limit(void **state)
{
    static const char *const too_many[] = {"600001", "4294967295", "99999999999999999999999", "-1", ""};
    (void)state;
    assert_int_equal(answer_rounds("4096"), SASL_MORE);
    for (size_t i = 0; i < sizeof too_many / sizeof too_many[0]; i++) {
        tear_down(NULL);
        if (answer_rounds(too_many[i]) != SASL_BAD)
            fail_msg("%s rounds were computed", too_many[i]);
    }
}

static void scram_with_a_nonce_of_its_own(void **state)
{
    char response[512];
    (void)state;
    begin("SCRAM-SHA-256", "user", "pencil");
    assert_int_equal(step("", response), SASL_MORE);
    assert_int_equal(step("r=stranger,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", response), SASL_BAD);
}

static void a_challenge_that_is_no_base64(void **state)
{
    static const struct str rows[] = {STR("!!!"), STR("PDE4\0NjA="), STR("P"), STR("\xff\xfe")};
    struct str response;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        begin("CRAM-MD5", "tim", "secret");
        if (sasl_step(client, rows[i], &response) != SASL_BAD)
            fail_msg("row %zu was answered with %.*s", i, (int)response.n, response.p);
        assert_null(response.p);
        tear_down(NULL);
    }
}

static void a_mechanism_that_we_do_not_speak(void **state)
{
    (void)state;
    assert_null(sasl_new("GSSAPI", "tim", "secret", "mx.good.test"));
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_strongest_is_chosen),
        TEST(no_password_goes_in_clear),
        TEST(plain),
        TEST(login),
        TEST(cram_md5),
        TEST(scram),
        TEST(scram_with_a_wrong_server_signature),
        TEST(scram_with_an_error_for_a_signature),
        TEST(scram_rounds_have_a_limit),
        TEST(scram_with_a_nonce_of_its_own),
        TEST(a_challenge_that_is_no_base64),
        TEST(a_mechanism_that_we_do_not_speak),
    };
    return cmocka_run_group_tests_name("sasl", tests, NULL, NULL);
}
