/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route_table - what can be asked: one row a route. A path is that of the first row whose pattern it matches.
 * Included by routes.c alone.
 */
#ifndef SERVE_ROUTE_TABLE_H
#define SERVE_ROUTE_TABLE_H

#define JSON "application/json"
#define HTML "text/html; charset=utf-8"
#define PLAIN "text/plain; charset=utf-8"
#define EXPOSITION "text/plain; version=0.0.4; charset=utf-8"
#define STRING_SCHEMA "{\"type\":\"string\"}"
#define RUN_ID {"id", "the run's id", "{\"type\":\"string\",\"pattern\":\"^[0-9a-f]{32}$\"}", true, true}
#define DOMAIN_NAME {"domain", "a domain, an e-mail address or a URL", STRING_SCHEMA, false, true}
#define TLS_MODE {"tls", "how TLS begins; auto: at once on 465, by STARTTLS elsewhere", "{\"enum\":[\"auto\",\"starttls\",\"implicit\",\"none\"]}", false, false}

/* clang-format off */
static const struct route routes[] = {
    {METHOD_GET, "/", pages_index, 0, false, "page", "The page: a form, what is checked, what is stored", NULL, {{0}}, {{200, HTML, NULL}}},
    {METHOD_GET, "/check", pages_check, SCOPE_CHECK, true, "checkByForm", "Starts a run and leads to its page", NULL,
     {DOMAIN_NAME}, {{303, NULL, NULL}}},
    {METHOD_POST, "/v1/checks", api_checks_post, SCOPE_CHECK, true, "startCheck", "Starts a run, or joins one; a result that is fresh enough comes at once",
     "Wish", {{0}}, {{200, JSON, "Run"}, {202, JSON, "Run"}}},
    {METHOD_GET, "/v1/checks/{id}", api_checks_get, SCOPE_READ, false, "getCheck", "A run: how far it is, and its report", NULL,
     {RUN_ID}, {{200, JSON, "Run"}}},
    {METHOD_DELETE, "/v1/checks/{id}", api_checks_delete, SCOPE_CHECK, false, "cancelCheck", "Takes a wish back; the last one cancels the run", NULL,
     {RUN_ID}, {{204, NULL, NULL}}},
    {METHOD_GET, "/v1/checks/{id}/events", api_checks_events, SCOPE_READ, false, "followCheck", "Events as they happen: step, finding, done", NULL,
     {RUN_ID}, {{200, "text/event-stream", NULL}}},
    {METHOD_GET, "/v1/dns/mx-health", api_health_get, SCOPE_CHECK, true, "getMxHealth", "Whether mail arrives, in one small object", NULL,
     {DOMAIN_NAME, {"smtp_probe", "false: no mail server is connected to", "{\"type\":\"boolean\",\"default\":true}", false, false}},
     {{200, JSON, "MxHealth"}}},
    {METHOD_GET, "/v1/servers/{host}:{port}", api_servers_get, SCOPE_CHECK, true, "getServer", "One server's report", NULL,
     {{"host", "a name or an address; IPv6 in brackets", STRING_SCHEMA, true, true},
      {"port", "its port", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535}", true, true}, TLS_MODE},
     {{200, JSON, "Report"}}},
    {METHOD_GET, "/v1/catalog", api_catalog_list, SCOPE_READ, false, "listChecks", "The checks, page by page", NULL,
     {{"cursor", "next_cursor of the page before", STRING_SCHEMA, false, false},
      {"limit", "checks on a page", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,\"default\":100}", false, false}},
     {{200, JSON, "Catalog"}}},
    {METHOD_GET, "/v1/catalog/{id}", api_catalog_get, SCOPE_READ, false, "explainCheck", "One check: meaning, criterion, remedy, reference", NULL,
     {{"id", "the check's id", STRING_SCHEMA, true, true}}, {{200, JSON, "Check"}}},
    {METHOD_GET, "/r/{id}.json", pages_report_json, 0, false, "getReportJson", "A report as JSON", NULL, {RUN_ID}, {{200, JSON, "Report"}}},
    {METHOD_GET, "/r/{id}.txt", pages_report_text, 0, false, "getReportText", "A report as text", NULL, {RUN_ID}, {{200, PLAIN, NULL}}},
    {METHOD_GET, "/r/{id}", pages_report, 0, false, "getReportPage", "A report as a page", NULL, {RUN_ID}, {{200, HTML, NULL}}},
    {METHOD_GET, "/assets/{name}", pages_asset, 0, false, "getAsset", "Style, script and icon of the pages", NULL,
     {{"name", "as the pages name it", STRING_SCHEMA, true, true}}, {{200, "*/*", NULL}, {304, NULL, NULL}}},
    {METHOD_POST, "/mcp", mcp_post, SCOPE_CHECK, true, "speakMcp", "The Model Context Protocol over streamable HTTP", "Message", {{0}},
     {{200, JSON, "Message"}, {202, NULL, NULL}, {400, JSON, "Message"}, {404, JSON, "Message"}}},
    {METHOD_GET, "/metrics", metrics_get, SCOPE_READ, false, "getMetrics", "The daemon, for Prometheus", NULL, {{0}}, {{200, EXPOSITION, NULL}}},
    {METHOD_GET, "/probe", metrics_probe, SCOPE_CHECK, true, "probeTarget", "One target, for Prometheus", NULL,
     {{"target", "a domain; with module=server HOST:PORT", STRING_SCHEMA, false, true},
      {"module", "what is probed", "{\"enum\":[\"domain\",\"dns\",\"server\"],\"default\":\"domain\"}", false, false}},
     {{200, EXPOSITION, NULL}}},
    {METHOD_GET, "/badge/{domain}.svg", badge_get, SCOPE_CHECK, true, "getBadge", "The status of a domain as a picture", NULL,
     {{"domain", "the domain", STRING_SCHEMA, true, true}}, {{200, "image/svg+xml", NULL}}},
    {METHOD_GET, "/healthz", wellknown_alive, 0, false, "isAlive", "The daemon lives", NULL, {{0}}, {{200, PLAIN, NULL}}},
    {METHOD_GET, "/readyz", wellknown_ready, 0, false, "isReady", "The daemon takes work", NULL, {{0}}, {{200, PLAIN, NULL}}},
    {METHOD_GET, "/openapi.json", openapi_get, 0, false, "getDescription", "This description", NULL, {{0}}, {{200, JSON, "Description"}}},
    {METHOD_GET, "/identity", wellknown_identity, 0, false, "getIdentity", "Who probes from here, and how to be left alone", NULL, {{0}}, {{200, PLAIN, NULL}}},
    {METHOD_GET, "/.well-known/security.txt", wellknown_security, 0, false, "getSecurityContact", "Whom to tell about a hole", NULL, {{0}},
     {{200, PLAIN, NULL}}},
};
/* clang-format on */

#endif
