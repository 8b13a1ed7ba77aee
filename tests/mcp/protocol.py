#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""MCP in the lab, over standard input and output and over HTTP, in both eras: the protocol itself, and each tool.

Usage, inside mxassay-lab: protocol.py PATH-OF-MXASSAY
"""
import base64
import json
import sys
import time

import jsonschema

import talk
from talk import HANDSHAKES, META, MODERN, Http, Stdio, request, under_way

sys.path.insert(0, talk.here("..", "serve"))
from client import Daemon, expect, run_tests  # noqa: E402

HEALTHY, BROKEN, MUTE, SLOW = "base.test", "expired.test", "mute.test", "unhurried.test"
BRIEF_OCTETS = 6000 # about 1,500 tokens
TOOLS = {"check_mail_domain", "check_mail_server", "get_report", "explain_finding", "compare_reports", "start_bulk_check", "get_bulk_results", "list_monitors"}


def each_client(binary, *options):
    """Every way to talk to it."""
    for era in (MODERN, HANDSHAKES[-1]):
        with Stdio(binary, *options, era=era) as c:
            yield c
    with Daemon(binary, *options) as d:
        for era in (MODERN, *HANDSHAKES):
            yield Http(d.port, era)
        yield Http(d.port, MODERN, accept="application/json")


def expect_error(answer, code, what=""):
    expect("error" in answer and answer["error"]["code"] == code and answer["error"]["message"], f"{what}: not {code}: {answer}")


def call(client, tool, **arguments):
    """What a tool says, held against its schema; an error's words as a string."""
    answer, _ = client.ask("tools/call", {"name": tool, "arguments": arguments})
    expect("result" in answer, f"{tool}: {answer}")
    result = answer["result"]
    text = result["content"][0]["text"]
    if result["isError"]:
        expect("structuredContent" not in result and len(text) > 20, result)
        return text
    expect(json.loads(text) == result["structuredContent"], "text and structured content differ")
    expect(next(iter(json.loads(text))) == "summary", f"the summary does not stand first: {text[:100]}")
    expect(arguments.get("detail") == "full" or len(text) <= BRIEF_OCTETS, f"{tool} says {len(text)} octets")
    jsonschema.validate(result["structuredContent"], call.schemas[tool], cls=jsonschema.Draft202012Validator)
    return result["structuredContent"]


def learn_schemas(binary):
    with Stdio(binary) as c:
        answer, _ = c.ask("tools/list")
    call.schemas = {tool["name"]: tool["outputSchema"] for tool in answer["result"]["tools"]}


def test_handshake(binary):
    hello = {"capabilities": {"roots": {}}, "clientInfo": {"name": "talk", "version": "1"}}
    with Daemon(binary) as d, Stdio(binary) as stdio:
        for client in (stdio, Http(d.port)):
            for wanted, given in (*((v, v) for v in HANDSHAKES), ("2024-11-05", HANDSHAKES[-1]), ("3000-01-01", HANDSHAKES[-1])):
                client.era = given
                answer, _ = client.ask("initialize", {**hello, "protocolVersion": wanted})
                result = answer["result"]
                expect(result["protocolVersion"] == given and result["serverInfo"]["name"] == "mxassay" and result["instructions"], answer)
                expect(set(result["capabilities"]) == {"tools", "prompts", "resources"} and "resultType" not in result, answer)
                expect(client.ask("ping")[0]["result"] == {}, "ping")
        expect_error(stdio.ask("server/discover")[0], -32602, "discover without _meta")
        expect_error(stdio.ask("initialize", hello)[0], -32602, "no version")


def test_statelessness(binary):
    with Daemon(binary) as d, Stdio(binary) as stdio:
        for client in (stdio, Http(d.port)):
            result = client.ask("server/discover")[0]["result"]
            expect(result["supportedVersions"] == [MODERN, *reversed(HANDSHAKES)] and result["resultType"] == "complete", result)
            expect(result["_meta"][META + "serverInfo"]["name"] == "mxassay" and result["cacheScope"] == "public" and result["ttlMs"] > 0, result)
            for method in ("initialize", "ping", "logging/setLevel", "resources/subscribe", "no/such"):
                expect_error(client.ask(method)[0], -32601, method)
            for method, member in (("tools/list", "tools"), ("prompts/list", "prompts"), ("resources/list", "resources"), ("resources/templates/list", "resourceTemplates")):
                result = client.ask(method)[0]["result"]
                expect(result[member] and result["ttlMs"] > 0 and result["cacheScope"] == "public", f"{method}: {result}")
            answer, before = client.ask("subscriptions/listen", {"notifications": {"toolsListChanged": True}})
            expect([m["method"] for m in before] == ["notifications/subscriptions/acknowledged"] and before[0]["params"]["notifications"] == {}, before)
            expect(before[0]["params"]["_meta"][META + "subscriptionId"] == answer["id"] == answer["result"]["_meta"][META + "subscriptionId"], (before, answer))
        for left_out in ("protocolVersion", "clientCapabilities"):
            message = request(1, "tools/list")
            del message["params"]["_meta"][META + left_out]
            status, (answer,) = Http(d.port).post(message)
            expect(status == 400, f"{left_out}: {status}")
            expect_error(answer, -32602, left_out)
        message = request(1, "tools/list")
        message["params"]["_meta"][META + "protocolVersion"] = "1900-01-01"
        status, (answer,) = Http(d.port).post(message, MCP_Protocol_Version="1900-01-01")
        expect_error(answer, -32022)
        expect(status == 400 and MODERN in answer["error"]["data"]["supported"] and answer["error"]["data"]["requested"] == "1900-01-01", answer)


def test_headers(binary):
    with Daemon(binary) as d:
        client, message = Http(d.port), request(7, "tools/call", {"name": "list_monitors", "arguments": {}})
        encoded = "=?base64?" + base64.b64encode(b"list_monitors").decode() + "?="
        for changes, good in (({}, True), ({"Mcp_Name": encoded}, True), ({"Mcp_Name": "  list_monitors\t"}, True), ({"Mcp_Name": None}, False), ({"Mcp_Name": "x"}, False),
                              ({"Mcp_Name": "=?base64?%%?="}, False), ({"Mcp_Method": None}, False), ({"Mcp_Method": "tools/list"}, False),
                              ({"Mcp_Method": "TOOLS/CALL"}, False), ({"MCP_Protocol_Version": None}, False), ({"MCP_Protocol_Version": HANDSHAKES[0]}, False)):
            status, (answer,) = client.post(message, **changes)
            expect((status, "result" in answer, answer["id"]) == ((200, True, 7) if good else (400, False, 7)), f"{changes}: {status} {answer}")
            if not good:
                expect_error(answer, -32020, changes)
        old = request(8, "tools/list", era=HANDSHAKES[0])
        expect(client.post(old, MCP_Protocol_Version=None)[0] == 200, "no header is as good as the first revision")
        expect(client.post(old, MCP_Protocol_Version="1999-01-01")[0] == 400, "an unknown revision")
        status, answers = client.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        expect((status, answers) == (202, []), f"{status} {answers}")
        expect(client.post(request(9, "no/such"))[0] == 404, "an unknown method of today")
        for method in ("GET", "DELETE"):
            answer = d.ask(method, "/mcp")
            expect(answer.status == 405 and answer.headers["Allow"] == "POST", answer)
        expect(d.ask("POST", "/mcp", json.dumps(message), Content_Type="application/json", Origin="https://elsewhere.example").status == 403, "a page of another site")
        expect(d.ask("POST", "/mcp", json.dumps(message), Content_Type="text/plain").status == 415, "the media type")
        expect(d.ask("POST", "/mcp", json.dumps(message), Content_Type="application/json", Host="attacker.example").status == 421, "another name")


def test_bad_messages(binary):
    deep = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b'{"a":' * 1500 + b"1" + b"}" * 1501
    cases = [(b"", -32700), (b"nonsense", -32700), (b'{"jsonrpc":"2.0","id":1', -32700), (deep, -32700), (b'"\xff"', -32700), (b'{"id":1,"id":2}', -32700), (b"[]", -32600),
             (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600), (b"{}", -32600), (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
             (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600), (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600),
             (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600), (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600), (b'{"jsonrpc":"2.0","id":1}', -32600),
             (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32602), (b'{"jsonrpc":"2.0","id":1,"method":"tools/call"}', -32602),
             (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}', -32602),
             (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}', -32602),
             (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_monitors","arguments":[]}}', -32602),
             (b'{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"mxassay://report/0"}}', -32002),
             (b'{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"x"}}', -32602), (b'{"jsonrpc":"2.0","id":1,"method":"no/such"}', -32601)]
    with Daemon(binary) as d, Stdio(binary, era=HANDSHAKES[-1]) as stdio:
        for octets, code in cases:
            _, answers = Http(d.port, HANDSHAKES[-1]).post(octets)
            expect_error(answers[0], code, octets[:80])
            if octets:
                stdio.send_bytes(octets + b"\n")
                expect_error(stdio.hear(), code, octets[:80])
        stdio.send_bytes(b"x" * 1000000 + b"\n\n  \r\n")
        expect_error(stdio.hear(), -32600, "a line without end")
        expect(d.ask("POST", "/mcp", "x" * 20000, Content_Type="application/json").status == 413, "a body too large")
        stdio.send({"jsonrpc": "2.0", "id": 5, "result": {}}) # an answer to nothing is not answered
        stdio.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 12345}})
        expect(stdio.ask("ping")[0]["result"] == {}, "it is alive")


def test_tools_are_described(binary):
    for client in each_client(binary):
        tools = client.ask("tools/list")[0]["result"]["tools"]
        expect({tool["name"] for tool in tools} == TOOLS, tools)
        for tool in tools:
            for schema in (tool["inputSchema"], tool["outputSchema"]):
                jsonschema.Draft202012Validator.check_schema(schema)
                expect(schema["type"] == "object" and "$schema" not in schema, tool)
            expect(tool["description"] and tool["title"] and tool["annotations"]["destructiveHint"] is False, tool)


def test_a_domain(binary):
    for client in each_client(binary):
        good = call(client, "check_mail_domain", domain=HEALTHY)
        expect(good["summary"]["status"] == "ok" and good["summary"]["target"]["remote_text"] == HEALTHY and all(f["verdict"] == "unknown" for f in good["findings"]), good)
        bad = call(client, "check_mail_domain", domain=BROKEN)
        expect(bad["findings"][0]["id"] == "cert.dates" and bad["findings"][0]["remedy"], bad)
        again = call(client, "get_report", id=bad["report_id"])
        expect(again == bad, "two answers about one report differ")
        full = call(client, "get_report", id=bad["report_id"], detail="full")
        expect(full["report"]["hosts"] and full["summary"] == bad["summary"], "the whole report")
        read = client.ask("resources/read", {"uri": f"mxassay://report/{bad['report_id']}"})[0]["result"]["contents"][0]
        expect(json.loads(read["text"]) == full["report"] and read["mimeType"] == "application/json", "the resource is another report")
        changes = call(client, "compare_reports", old=bad["report_id"], new=good["report_id"])
        expect(changes["summary"]["same_target"] is False and changes["summary"]["gone"] >= 1 and changes["gone"][0]["id"], changes)
        same = call(client, "compare_reports", old=bad["report_id"], new=bad["report_id"])
        expect(same["summary"]["appeared"] == same["summary"]["gone"] == same["summary"]["unclear"] == 0 < same["summary"]["unchanged"], same)


def test_a_server(binary):
    for client in each_client(binary):
        for arguments in ({"host": f"mx1.{HEALTHY}"}, {"host": f"mx1.{HEALTHY}:25"}, {"host": f"MX1.{HEALTHY}.", "port": "25"},
                          {"host": f"mx1.{HEALTHY}", "port": 25.0, "tls": "starttls"}):
            expect(call(client, "check_mail_server", **arguments)["summary"]["any_smtp_ok"] is True, arguments)


def test_what_the_operator_chose_judges(binary):
    for client in each_client(binary, "--policy", "ncsc2025", "--no-control"):
        full = call(client, "check_mail_domain", domain=HEALTHY, detail="full")
        expect(full["report"]["generator"]["tls_policy"] == "ncsc2025", full["report"]["generator"])


def test_plain_meaning_is_enough(binary):
    with Stdio(binary) as c:
        first = call(c, "check_mail_domain", domain=HEALTHY)["report_id"]
        for arguments in ({"domain": f"  {HEALTHY.upper()}. "}, {"domain": f"postmaster@{HEALTHY}"}, {"domain": f"https://{HEALTHY}/path"},
                          {"domain": HEALTHY, "max_age_s": "300"}, {"domain": HEALTHY, "deep": "false", "detail": "BRIEF", "ports": None}):
            expect(call(c, "check_mail_domain", **arguments)["report_id"] == first, arguments)
        for arguments in ({"ports": [25]}, {"ports": "25"}, {"ports": 25}, {"ports": ["25"]}):
            expect("summary" in call(c, "check_mail_domain", domain=HEALTHY, **arguments), arguments)
        cases = [
            ("check_mail_domain", {}, "no domain"),
            ("check_mail_domain", {"domain": "a..b"}, "Give a name"),
            ("check_mail_domain", {"domain": 7.5}, "domain must be"),
            ("check_mail_domain", {"domain": HEALTHY, "port": 25}, "ports"),
            ("check_mail_domain", {"domain": HEALTHY, "ports": ["x"]}, "[25, 587]"),
            ("check_mail_domain", {"domain": HEALTHY, "ports": []}, "list"),
            ("check_mail_domain", {"domain": HEALTHY, "deep": "perhaps"}, "true or false"),
            ("check_mail_domain", {"domain": HEALTHY, "detail": "much"}, "brief or full"),
            ("check_mail_domain", {"domain": HEALTHY, "max_age_s": -1}, "3600"),
            ("check_mail_server", {"host": "mx1", "tls": "maybe"}, "starttls"),
            ("check_mail_server", {"host": "127.0.0.1"}, "--allow-private"),
            ("check_mail_server", {"host": "x", "port": 70000}, "65535"),
            ("get_report", {"id": "0" * 32}, "check_mail_domain"),
            ("get_report", {}, "report_id"),
            ("compare_reports", {"old": "x", "new": "y"}, "old"),
            ("explain_finding", {"id": "no.such"}, "area"),
            ("start_bulk_check", {"domains": []}, "domains"),
            ("start_bulk_check", {"domains": ["a.test"] * 101}, "100"),
            ("get_bulk_results", {"id": "x"}, "start_bulk_check"),
            ("list_monitors", {"x": 1}, "none"),
        ]
        for tool, arguments, words in cases:
            problem = call(c, tool, **arguments)
            expect(isinstance(problem, str) and words in problem, f"{tool} {arguments}: {problem}")


def test_catalogue_and_prompt(binary):
    with Stdio(binary) as c:
        one = call(c, "explain_finding", id="CERT.dates")
        expect(one["check"]["id"] == "cert.dates" and one["check"]["remedy"], one)
        expect("cert.dates" in call(c, "explain_finding", id="cert")["checks"], "an area")
        expect(call(c, "list_monitors")["monitors"] == [], "monitors")
        for uri in ("mxassay://finding/cert.dates", "mxassay://findings"):
            content = c.ask("resources/read", {"uri": uri})[0]["result"]["contents"][0]
            expect(content["uri"] == uri and "cert.dates" in json.dumps(json.loads(content["text"])), uri)
        expect_error(c.ask("resources/read", {"uri": "mxassay://finding/no.such"})[0], -32602)
        prompt = c.ask("prompts/get", {"name": "mail_health", "arguments": {"domain": HEALTHY}})[0]["result"]["messages"][0]
        expect(prompt["role"] == "user" and HEALTHY in prompt["content"]["text"] and "check_mail_domain" in prompt["content"]["text"], prompt)
        expect_error(c.ask("prompts/get", {"name": "mail_health"})[0], -32602)


def test_many_domains(binary):
    with Daemon(binary) as d, Stdio(binary) as stdio:
        for client in (stdio, Http(d.port)):
            started = call(client, "start_bulk_check", domains=[HEALTHY, BROKEN, "a..b", f"postmaster@{HEALTHY}"])
            expect(started["summary"]["total"] == 4 and started["results"] == [] and started["next_cursor"] == "0", started)
            while not (page := call(client, "get_bulk_results", id=started["bulk_id"]))["summary"]["over"]:
                time.sleep(0.1)
            expect([r["state"] for r in page["results"]] == ["done", "done", "failed", "done"] and page["next_cursor"] is None, page)
            expect(page["results"][2]["problem"] and page["summary"]["failed"] == 1 and page["summary"]["statuses"]["ok"] == 2, page)
            expect(call(client, "get_report", id=page["results"][1]["report_id"])["summary"]["status"] == page["results"][1]["status"], page)
        started, seen, cursor = call(stdio, "start_bulk_check", domains=[f"none-{i}-{'x' * 50}.{HEALTHY}" for i in range(100)]), [], "0"
        while cursor is not None:
            page = call(stdio, "get_bulk_results", id=started["bulk_id"], cursor=cursor)
            seen += [r["domain"] for r in page["results"]]
            cursor = page["next_cursor"]
        expect(len(seen) == len(set(seen)) == 100, f"{len(seen)} of 100 on all pages")


def test_progress(binary):
    with Daemon(binary) as d, Stdio(binary) as stdio:
        for client in (stdio, Http(d.port), Http(d.port, HANDSHAKES[-1])):
            answer, before = client.ask("tools/call", {"name": "check_mail_domain", "arguments": {"domain": SLOW, "max_age_s": 0}}, token="a token")
            steps = [m["params"]["progress"] for m in before]
            expect(steps and steps == sorted(set(steps)) and all(m["params"]["progressToken"] == "a token" and m["params"]["message"] for m in before), before)
            expect(answer["result"]["isError"] is False, answer)
            answer, before = client.ask("tools/call", {"name": "check_mail_domain", "arguments": {"domain": SLOW, "max_age_s": 0}})
            expect(before == [] and answer["result"]["isError"] is False, before)


def wait_until(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        expect(time.monotonic() < deadline, what)
        time.sleep(0.1)


def test_cancelling(binary):
    mute = {"name": "check_mail_domain", "arguments": {"domain": MUTE}}
    with Stdio(binary) as c:
        c.send(request("one", "tools/call", mute, token=1))
        c.send(request("two", "tools/call", mute))
        expect(c.hear()["params"]["progressToken"] == 1, "no progress before the end")
        for name in ("one", "two"):
            c.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": name, "reason": "a test"}})
        answer, before = c.ask("tools/list")
        expect("result" in answer and not any("id" in m for m in before), f"a cancelled call was answered: {before}")
    # The end of input ended it though a call had been under way: nobody waits for that any more.
    with Daemon(binary) as d:
        connection, response = Http(d.port).open(request(1, "tools/call", mute, token=1))
        expect(response.status == 200 and response.headers["Content-Type"] == "text/event-stream" and response.headers["X-Accel-Buffering"] == "no", response.headers)
        response.readline()
        expect(under_way(d) == 1, "the run is not under way")
        response.close()
        connection.close()
        wait_until(lambda: under_way(d) == 0, "who hung up is still served")


def test_input_that_ends(binary):
    with Stdio(binary) as c:
        c.send(request(1, "tools/call", {"name": "check_mail_domain", "arguments": {"domain": HEALTHY}}))
        c.process.stdin.close()
        expect(c.hear()["result"]["isError"] is False, "the end of input has cut an answer off")


def test_who_may_do_what(binary):
    with Daemon(binary, "--public-name", "mx.lab.test") as d:
        deep = call(Http(d.port), "check_mail_domain", domain=HEALTHY, deep=True)
        expect(isinstance(deep, str) and "without deep" in deep, deep)


if __name__ == "__main__":
    learn_schemas(sys.argv[1])
    run_tests([test_handshake, test_statelessness, test_headers, test_bad_messages, test_tools_are_described, test_a_domain, test_a_server,
               test_what_the_operator_chose_judges, test_plain_meaning_is_enough,
               test_catalogue_and_prompt, test_many_domains, test_progress, test_cancelling, test_input_that_ends, test_who_may_do_what], sys.argv[1:])
