# SPDX-License-Identifier: Apache-2.0
"""client - a daemon of our own on a port of its own, and requests to it; every answer in JSON is held against /openapi.json."""
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

import jsonschema

START_S, ANSWER_S = 60, 60


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        media = (headers.get("Content-Type") or "").split(";")[0]
        self.json = json.loads(body) if body and media in ("application/json", "application/problem+json") else None

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:300]!r}"


class Daemon:
    """`with Daemon(binary, "--option") as d:`; its messages are in d.messages() afterwards too."""

    def __init__(self, binary, *options, start=(), environment=None, **popen):
        self.log = tempfile.NamedTemporaryFile("w+")
        arguments = [*start, binary, "serve", "--listen", "127.0.0.1:0", "--workers", "1", *options]
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stderr=self.log, env={**os.environ, **(environment or {})}, **popen)
        self.port = self.wait_for_port()
        self.description = None

    def messages(self):
        with open(self.log.name) as file:  # of its own: the daemon writes where ours stands
            return file.read()

    def wait_for_port(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            match = re.search(r"listening on http://[^/]*:(\d+)/", self.messages())
            if match:
                return int(match[1])
            time.sleep(0.05)
        raise AssertionError(f"the daemon did not start: {self.messages()}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("the daemon did not end") from None
        if kind is None and self.process.returncode != 0:
            raise AssertionError(f"the daemon ended with {self.process.returncode}: {self.messages()}")

    def ask(self, method, path, body=None, timeout=ANSWER_S, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            body = json.dumps(body)
            named.setdefault("Content-Type", "application/json")
        connection.request(method, path, body=body, headers=named)
        response = connection.getresponse()
        answer = Answer(response.status, response.headers, response.read())
        connection.close()
        self.hold_against_description(method, path, answer)
        return answer

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def check(self, body, **headers):
        return self.ask("POST", "/v1/checks", body, **headers)

    def hold_against_description(self, method, path, answer):
        """What is answered is what is described: the route, the status, the type, the schema."""
        if self.description is None:
            self.description = {}
            self.description = self.get("/openapi.json").json
        if not self.description or answer.json is None:
            return
        where = urllib.parse.urlsplit(path).path
        for pattern, operations in self.description["paths"].items():
            if method.lower() in operations and re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(pattern)), where):
                replies = operations[method.lower()]["responses"]
                break
        else:
            replies = {"default": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}
        content = replies.get(str(answer.status), replies["default"]).get("content", {})
        media = answer.headers["Content-Type"].split(";")[0]
        if media not in content:
            raise AssertionError(f"{method} {path}: {media} with status {answer.status} is not described")
        schema = {**content[media]["schema"], "components": self.description["components"]}
        jsonschema.validate(answer.json, schema, cls=jsonschema.Draft202012Validator)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def expect_problem(answer, status, code):
    expect(answer.status == status and answer.json and answer.json["code"] == code, f"not {status} {code}: {answer}")


def run_tests(tests, arguments):
    """Runs each test; says which fail, and how."""
    failed = 0
    for test in tests:
        began = time.monotonic()
        try:
            test(*arguments)
            verdict = "ok"
        except (AssertionError, OSError, http.client.HTTPException, jsonschema.ValidationError, subprocess.SubprocessError, KeyError, TypeError) as problem:
            verdict = f"FAILED: {type(problem).__name__}: {str(problem)[:1500]}"
            failed += 1
        print(f"{test.__name__}: {verdict} ({time.monotonic() - began:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)
