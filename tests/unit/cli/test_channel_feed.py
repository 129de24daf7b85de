"""`otklik channel feed`: a file of lines, in chunks; what was not taken is said by its line."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from common.federation.country import load_federation
from embedded.stack import Stack
from otklik import channel_feed, process_plan
from otklik.channel_feed import NotFed, chunks, feed
from otklik.locate import Installed


class Edges(BaseHTTPRequestHandler):
    """Takes what says so, once it was asked twice where a line says `later`."""

    seen: list[dict[str, Any]]
    busy: int

    def do_POST(self) -> None:
        kind = type(self)
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["authorization"] != "Bearer k":
            self._answer(401, b'{"error": "send the key"}')
        elif kind.busy:
            kind.busy -= 1
            self._answer(503, b"")
        else:
            lines = [json.loads(line) for line in body.splitlines()]
            known = [one["id"] for one in kind.seen]
            kind.seen += lines
            told = [
                {"line": n, "state": "again" if one["id"] == "later" and "later" not in known else
                 "refused" if one["id"] == "bad" else "taken", "reason": "because"}
                for n, one in enumerate(lines, 1)
            ]  # fmt: skip
            self._answer(200, b"".join(json.dumps(one).encode() + b"\n" for one in told))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def edges(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type[Edges], str]]:
    kind = type("Fresh", (Edges,), {"seen": [], "busy": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTKLIK_POSTS_KEY", "k")
    monkeypatch.setattr(channel_feed, "LONGEST_PAUSE_SECONDS", 0.01)
    yield kind, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_lines_are_sent_in_chunks_in_their_order(
    edges: tuple[type[Edges], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, url = edges
    kind.busy = 1
    file = tmp_path / "posts"
    file.write_text("\n\n" + "".join(json.dumps({"id": str(n)}) + "\r\n" for n in range(1_200)))
    feed("posts", file, tmp_path, url)
    assert [one["id"] for one in kind.seen] == [str(n) for n in range(1_200)]
    assert "1200 taken" in capsys.readouterr().out


def test_what_is_refused_is_said_by_its_line_and_what_may_be_taken_later_is_sent_again(
    edges: tuple[type[Edges], str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, url = edges
    file = tmp_path / "posts"
    file.write_text("".join(json.dumps({"id": one}) + "\n" for one in ("a", "later", "bad", "b")))
    with pytest.raises(NotFed, match="1 lines were not taken"):
        feed("posts", file, tmp_path, url)
    assert "line 3: refused: because" in capsys.readouterr().out
    assert [one["id"] for one in kind.seen] == ["a", "later", "bad", "b", "later"]


def test_what_cannot_be_sent_says_why(
    edges: tuple[type[Edges], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, url = edges
    with pytest.raises(NotFed, match="cannot be read"):
        feed("posts", tmp_path / "none", tmp_path, url)
    file = tmp_path / "posts"
    file.write_text('{"id": "a"}\n')
    monkeypatch.setenv("OTKLIK_POSTS_KEY", "other")
    with pytest.raises(NotFed, match="401"):
        feed("posts", file, tmp_path, url)
    monkeypatch.delenv("OTKLIK_POSTS_KEY")
    with pytest.raises(NotFed, match="OTKLIK_POSTS_KEY"):
        feed("posts", file, tmp_path, url)


def test_a_chunk_holds_so_many_lines_and_bytes() -> None:
    assert [(first, len(lines)) for first, lines in chunks([b"x\n"] * 501)] == [(1, 500), (501, 1)]
    assert [(first, len(lines)) for first, lines in chunks([b"x" * 600_000 + b"\n"] * 3)] == [(1, 1), (2, 1), (3, 1)]


def test_the_channel_that_runs_here_has_a_key_that_its_feed_finds_unless_the_environment_names_others(
    edges: tuple[type[Edges], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OTKLIK_POSTS_KEY")
    monkeypatch.delenv("OTKLIK_POSTS_KEYS", raising=False)
    federation = load_federation(Path("deploy/federations/boston"))
    stack = cast("Stack", SimpleNamespace(folder=tmp_path, kafka_bootstrap="localhost:9092"))

    def keys() -> str | None:
        plan = process_plan.processes(stack, federation, defaultdict(str), defaultdict(str), time="wall", clock=False)
        (channels,) = [one for one in plan if one.name == "channels"]
        return channels.environment.get("OTKLIK_POSTS_KEYS")

    assert (made := keys()) is not None
    assert made == keys()
    here = Installed(tmp_path, tmp_path, {"channels": int(edges[1].rpartition(":")[2])})
    monkeypatch.setattr(channel_feed, "find_running", lambda _folder: here)
    sent: list[str] = []
    monkeypatch.setattr(channel_feed, "_send", lambda _base, _channel, key, *_: sent.append(key))
    file = tmp_path / "lines"
    file.write_text('{"id": "a"}\n')
    feed("posts", file, tmp_path, None)
    assert f"posts={sent[0]}" == made
    monkeypatch.setenv("OTKLIK_POSTS_KEYS", "posts=another")
    assert keys() is None
    with pytest.raises(NotFed, match="OTKLIK_POSTS_KEY"):
        feed("posts", file, tmp_path, None)
