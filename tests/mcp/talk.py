# SPDX-License-Identifier: Apache-2.0
"""talk - a client of MCP that checks nothing on its way, over standard input and output or over HTTP, in both eras."""
import http.client
import json
import os
import queue
import subprocess
import threading

ANSWER_S = 60
MODERN, HANDSHAKES = "2026-07-28", ("2025-03-26", "2025-06-18", "2025-11-25")
META = "io.modelcontextprotocol/"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


def request(number, method, params=None, era=MODERN, token=None):
    params = dict(params or {})
    meta = {} if era != MODERN else {META + "protocolVersion": MODERN, META + "clientCapabilities": {}, META + "clientInfo": {"name": "talk", "version": "1"}}
    if token is not None:
        meta["progressToken"] = token
    if meta:
        params["_meta"] = meta
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


class Stdio:
    """`with Stdio(binary) as c:`; the process is ours."""

    def __init__(self, binary, *options, era=MODERN):
        self.era, self.number = era, 0
        self.process = subprocess.Popen([binary, "mcp", "--workers", "1", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.heard = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.heard.put(json.loads(line))
        self.heard.put(None)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=30 if kind is None else 0.1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            if kind is None:
                raise AssertionError("the server outlives its input") from None
        if kind is None and self.process.returncode != 0:
            raise AssertionError(f"the server ended with {self.process.returncode}")

    def send_bytes(self, octets):
        self.process.stdin.write(octets)
        self.process.stdin.flush()

    def send(self, message):
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def hear(self):
        return self.heard.get(timeout=ANSWER_S)

    def ask(self, method, params=None, token=None):
        """The answer, and what was said before it."""
        self.number += 1
        self.send(request(self.number, method, params, self.era, token))
        before = []
        while True:
            message = self.hear()
            if message is None or message.get("id") == self.number:
                return message, before
            before.append(message)


class Http:
    def __init__(self, port, era=MODERN, accept="application/json, text/event-stream"):
        self.port, self.era, self.accept, self.number = port, era, accept, 0

    def headers(self, message):
        method, params = message.get("method"), message.get("params") or {}
        headers = {"Content-Type": "application/json", "Accept": self.accept, "MCP-Protocol-Version": self.era}
        if self.era == MODERN and isinstance(method, str):
            headers["Mcp-Method"] = method
            if method in NAMED and isinstance(params.get(NAMED[method]), str):
                headers["Mcp-Name"] = params[NAMED[method]]
        return headers

    def open(self, message, **changes):
        """The connection, and the answer as it begins."""
        headers = {**self.headers(message if isinstance(message, dict) else {}), **{name.replace("_", "-"): value for name, value in changes.items()}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        connection.request("POST", "/mcp", body=body, headers={name: value for name, value in headers.items() if value is not None})
        return connection, connection.getresponse()

    def post(self, message, **changes):
        """Status and messages."""
        connection, response = self.open(message, **changes)
        body = response.read()
        connection.close()
        if (response.headers["Content-Type"] or "").startswith("text/event-stream"):
            return response.status, [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]
        return response.status, [json.loads(body)] if body else []

    def ask(self, method, params=None, token=None):
        self.number += 1
        _, messages = self.post(request(self.number, method, params, self.era, token))
        return messages[-1], messages[:-1]


def under_way(daemon):
    """How many runs the daemon has under way."""
    return int(next(line.split()[1] for line in daemon.get("/metrics").body.decode().splitlines() if line.startswith("mxassay_runs_under_way ")))


def here(*path):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), *path)
