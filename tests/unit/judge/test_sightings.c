/* SPDX-License-Identifier: Apache-2.0 */
/* test_sightings - what other reports of a target say of its endpoints, and when it counts. */
#include "world.h"

static struct sighting sighting(const struct world *w, size_t address, bool elsewhere, int64_t age_s)
{
    return (struct sighting){.target = "Example.org",
                             .from = "probe.example.net",
                             .at = {w->now.s - age_s},
                             .elsewhere = elsewhere,
                             .ip = w->addresses[address]->ip,
                             .port = 25,
                             .connected = true,
                             .starttls_offered = true};
}

static void add_sightings(struct world *w, const struct sighting *list, size_t count)
{
    w->options.sightings = list;
    w->options.sighting_count = count;
}

static void what_another_place_was_connected_to_is_not_closed(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_TIMEOUT);
    struct sighting seen = sighting(w, MX2_V4, true, SIGHTING_ELSEWHERE_S);
    add_sightings(w, &seen, 1);
    expect_findings(w, "net.port25-open:refused_us");
    expect_detail(w, "net.port25-open", "mx2/v4", "but probe.example.net was connected at 2026-11-25T11:00:00Z");
    seen.at.s--;
    expect_findings(w, "net.port25-open");
    seen.at.s = w->now.s;
    expect_findings(w, "net.port25-open:refused_us");
    seen.at.s++;
    expect_findings(w, "net.port25-open");
}

static void what_is_about_something_else_says_nothing(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_TIMEOUT);
    struct sighting seen[5];
    for (size_t i = 0; i < 5; i++)
        seen[i] = sighting(w, MX2_V4, true, 60);
    seen[0].target = "example.net";
    seen[1].port = 587;
    seen[2].ip = w->addresses[MX2_V6]->ip;
    seen[3].elsewhere = false;
    seen[4].connected = false;
    add_sightings(w, seen, 5);
    expect_findings(w, "net.port25-open");
}

static void the_last_of_several_counts(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_TIMEOUT);
    struct sighting seen[2] = {sighting(w, MX2_V4, true, 60), sighting(w, MX2_V4, true, 600)};
    seen[1].connected = false;
    add_sightings(w, seen, 2);
    expect_findings(w, "net.port25-open:refused_us");
    seen[1].at = seen[0].at; /* of two of one second the first */
    expect_findings(w, "net.port25-open:refused_us");
    seen[1].at.s = w->now.s;
    expect_findings(w, "net.port25-open");
}

static void one_try_is_no_more_than_one_with_another_place(void **state)
{
    struct world *w = *state;
    not_connected(w->endpoints[MX2_V4], CONNECT_TIMEOUT);
    w->endpoints[MX2_V4]->session_count = 1;
    const struct sighting seen = sighting(w, MX2_V4, true, 60);
    add_sightings(w, &seen, 1);
    expect_findings(w, "net.port25-open:limit");
}

static void starttls_that_was_there_before_comes_and_goes(void **state)
{
    struct world *w = *state;
    without_starttls(w, w->sessions[MX1_V4]);
    expect_verdict(w, "tls.starttls-stable", "mx1/v4:25", VERDICT_NA);
    struct sighting seen = sighting(w, MX1_V4, false, SIGHTING_EARLIER_S);
    add_sightings(w, &seen, 1);
    expect_verdict(w, "tls.starttls-stable", "mx1/v4:25", VERDICT_FAIL);
    expect_detail(w, "tls.starttls-stable", "mx1/v4:25", "STARTTLS was offered at 2026-11-24T12:00:00Z, and is not now");
    seen.at.s--;
    expect_verdict(w, "tls.starttls-stable", "mx1/v4:25", VERDICT_NA);
    seen = sighting(w, MX1_V4, true, 60); /* another place may have met other machines */
    expect_verdict(w, "tls.starttls-stable", "mx1/v4:25", VERDICT_NA);
    seen = sighting(w, MX1_V4, false, 60);
    seen.starttls_offered = false;
    expect_verdict(w, "tls.starttls-stable", "mx1/v4:25", VERDICT_NA);
}

static void starttls_that_was_not_there_before_may_have_been_mended(void **state)
{
    struct world *w = *state;
    struct sighting seen = sighting(w, MX1_V4, false, 60);
    seen.starttls_offered = false;
    add_sightings(w, &seen, 1);
    expect_findings(w, "");
    add_session(w->endpoints[MX1_V4], CONNECTION_RETRY);
    expect_verdict(w, "tls.starttls-stable", "mx1/v4:25", VERDICT_PASS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_another_place_was_connected_to_is_not_closed),
        WORLD_TEST(what_is_about_something_else_says_nothing),
        WORLD_TEST(the_last_of_several_counts),
        WORLD_TEST(one_try_is_no_more_than_one_with_another_place),
        WORLD_TEST(starttls_that_was_there_before_comes_and_goes),
        WORLD_TEST(starttls_that_was_not_there_before_may_have_been_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
