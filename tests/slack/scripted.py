"""A server that speaks HTTP as Slack does, and whose troubles are written down beforehand."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from slack_sdk import WebClient

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]


@dataclass(slots=True)
class Server:
    """A Web API whose next answers are written down: by method, a list of outcomes; after that it simply works.

    Outcomes: "ok", a JSON object (sent as it is), a status, "reset", "close", "cut", "silence", any other text (sent as
    it is). With " after" behind it the message has been taken before the trouble begins.
    """

    url: str = ""
    script: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    calls: list[tuple[str, Json]] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    users: dict[str, Json] = field(default_factory=dict)
    channels: list[Json] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def posts(self) -> int:
        return len([method for method, _ in self.calls if method == "chat.postMessage"])

    def count(self, method: str) -> int:
        return len([one for one, _ in self.calls if one == method])

    def answer(self, method: str, arguments: Json) -> Json:
        return getattr(self, "_" + method.replace(".", "_"), _unknown)(arguments)

    def _chat_postMessage(self, arguments: Json) -> Json:  # noqa: N802  # Slack's name
        ts = f"17000000{len(self.messages):02d}.000100"
        self.messages.append({"ts": ts, "edits": 0, **arguments})
        return {"ok": True, "channel": arguments["channel"], "ts": ts, "message": {"text": arguments["text"]}}

    def _chat_update(self, arguments: Json) -> Json:
        (message,) = [one for one in self.messages if one["ts"] == arguments["ts"]]
        message.update(arguments, edits=message["edits"] + 1)
        return {"ok": True, "channel": arguments["channel"], "ts": arguments["ts"], "text": arguments["text"]}

    def _conversations_history(self, arguments: Json) -> Json:
        here = [one for one in reversed(self.messages) if one["channel"] == arguments["channel"]]
        first = int(arguments.get("cursor") or 0)
        page = [{key: value for key, value in one.items() if key != "edits"} for one in here[first : first + 2]]
        following = str(first + 2) if len(here) > first + 2 else ""
        return {"ok": True, "messages": page, "response_metadata": {"next_cursor": following}}

    def _conversations_list(self, arguments: Json) -> Json:
        first = int(arguments.get("cursor") or 0)
        following = str(first + 2) if len(self.channels) > first + 2 else ""
        page = self.channels[first : first + 2]
        return {"ok": True, "channels": page, "response_metadata": {"next_cursor": following}}

    def _conversations_info(self, arguments: Json) -> Json:
        found = [one for one in self.channels if one["id"] == arguments["channel"]]
        return {"ok": True, "channel": found[0]} if found else {"ok": False, "error": "channel_not_found"}

    def _conversations_open(self, arguments: Json) -> Json:
        return {"ok": True, "channel": {"id": f"D{arguments['users']}"}}

    def _auth_test(self, _: Json) -> Json:
        return {"ok": True, "team_id": "T1", "url": self.url}

    def _users_lookupByEmail(self, arguments: Json) -> Json:  # noqa: N802  # Slack's name
        user = self.users.get(arguments["email"])
        return {"ok": True, "user": user} if user else {"ok": False, "error": "users_not_found"}


def _unknown(_: Json) -> Json:
    return {"ok": False, "error": "unknown_method"}


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    slack: Server


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:  # the base class's name
        method = self.path.split("?")[0].rpartition("/")[2]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        arguments = _arguments(self.headers.get("Content-Type", ""), body)
        slack = self.server.slack
        with slack.lock:
            slack.calls.append((method, arguments))
            outcome = slack.script[method].pop(0) if slack.script[method] else "ok"
            takes = isinstance(outcome, str) and (outcome == "ok" or outcome.endswith(" after"))
            answer = slack.answer(method, arguments) if takes else {}
        if isinstance(outcome, dict):
            self._send(200, json.dumps(outcome))
        elif outcome == "ok":
            self._send(200, json.dumps(answer))
        else:
            self._trouble(outcome.removesuffix(" after"))

    def _trouble(self, outcome: str) -> None:
        if outcome.isdigit():
            headers = {"Retry-After": "7"} if outcome == "429" else {}
            self._send(int(outcome), json.dumps({"ok": False, "error": "fatal_error"}), headers)
        elif outcome == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif outcome == "silence":
            threading.Event().wait(1.5)
        elif outcome == "cut":
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"ok": tr')
        elif outcome != "close":
            self._send(200, outcome)

    def _send(self, status: int, body: str, headers: Json | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body.encode())))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def client_of(server: Server) -> WebClient:
    """A client that asks once and waits for a second."""
    return WebClient("xoxb-1", server.url, timeout=1, retry_handlers=[])


@contextmanager
def scripted_slack() -> Iterator[Server]:
    """Serve on a free port of the loopback interface."""
    with _Http(("127.0.0.1", 0), _Handler) as http:
        http.slack = Server(url=f"http://127.0.0.1:{http.server_address[1]}/api/")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield http.slack
        finally:
            http.shutdown()
            thread.join(5)


def _arguments(kind: str, body: str) -> Json:
    if kind.startswith("application/json"):
        return dict(json.loads(body or "{}"))
    return {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
