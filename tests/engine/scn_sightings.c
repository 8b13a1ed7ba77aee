/* SPDX-License-Identifier: Apache-2.0 */
/* scn_sightings - see scn_sightings.h. */
#include "scn_sightings.h"

#include "report/json_writer.h"
#include "scn_world_parts.h"

enum { ELSEWHERE_AGE_S = 300, EARLIER_AGE_S = 3600, SMTP_PORT = 25, CONNECT_MS = 12 };

bool scn_sightings_exist(const struct scenario *s, bool elsewhere)
{
    for (const struct scn_sighting *seen = s->sightings; seen; seen = seen->next)
        if (seen->elsewhere == elsewhere)
            return true;
    return false;
}

static void key_cstr(struct json *j, const char *key, const char *value)
{
    json_key(j, key);
    json_cstr(j, value);
}

static void write_address(struct json *j, struct ip ip, const struct scn_sighting *seen)
{
    char text[IP_TEXT_BYTES];
    ip_write(ip, text);
    json_open_object(j);
    key_cstr(j, "ip", text);
    json_key(j, "endpoints");
    json_open_array(j);
    json_open_object(j);
    json_key(j, "port");
    json_number(j, seen->where.port ? seen->where.port : SMTP_PORT);
    json_key(j, "connect_ms");
    json_number(j, CONNECT_MS);
    json_key(j, "starttls");
    json_open_object(j);
    json_key(j, "offered");
    json_bool(j, true);
    json_close_object(j);
    json_close_object(j);
    json_close_array(j);
    json_close_object(j);
}

static int write_host(struct scn_world *w, const struct scenario *s, const struct scn_sighting *seen, struct json *j)
{
    const struct scn_host *host = scn_world_host(w, s, seen->where.server);
    if (!host)
        return world_wrong(w, s->file, seen->line, "there is no server %s", seen->where.server);
    json_open_object(j);
    key_cstr(j, "host", host->name);
    json_key(j, "addresses");
    json_open_array(j);
    if (host->v4.family && seen->where.family != IP_V6)
        write_address(j, host->v4, seen);
    if (host->v6.family && seen->where.family != IP_V4)
        write_address(j, host->v6, seen);
    json_close_array(j);
    json_close_object(j);
    return 0;
}

int scn_sightings_write(struct scn_world *w, const struct scenario *s, bool elsewhere, struct wall now, struct buf *out)
{
    char at[CLOCK_TEXT_BYTES];
    struct json j;
    int rc = 0;
    wall_write((struct wall){now.s - (elsewhere ? ELSEWHERE_AGE_S : EARLIER_AGE_S)}, at);
    json_init(&j, out, 1);
    json_open_object(&j);
    json_key(&j, "target");
    json_open_object(&j);
    key_cstr(&j, "name", s->domain);
    json_close_object(&j);
    key_cstr(&j, "checked_at", at);
    json_key(&j, "vantage");
    json_open_object(&j);
    key_cstr(&j, "ehlo", elsewhere ? "elsewhere.lab.test" : "client.lab.test");
    json_close_object(&j);
    json_key(&j, "hosts");
    json_open_array(&j);
    for (const struct scn_sighting *seen = s->sightings; seen && rc == 0; seen = seen->next)
        if (seen->elsewhere == elsewhere)
            rc = write_host(w, s, seen, &j);
    json_close_array(&j);
    json_close_object(&j);
    return rc;
}
