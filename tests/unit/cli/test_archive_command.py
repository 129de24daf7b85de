"""How `otklik archive export` asks the archive, and what it says where that gives nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from otklik.archive_command import fetched
from otklik.service_http import NoAnswer


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_file_comes_as_it_is() -> None:
    with answering(200, b"\x00bytes") as port:
        assert fetched(port, "cases.parquet") == b"\x00bytes"


def test_what_the_archive_refuses_is_said_in_its_words() -> None:
    with answering(503, b"no tick has been heard yet") as port, pytest.raises(NoAnswer, match="503: no tick"):
        fetched(port, "cases.csv")


def test_an_archive_that_is_away_is_said_to_be() -> None:
    with answering(200, b"") as port:
        pass
    with pytest.raises(NoAnswer, match="does not answer"):
        fetched(port, "cases.csv")
