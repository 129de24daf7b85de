"""`otklik why` and `trace` ask the portal for the case that was named, whatever was typed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from embedded.processes import note
from otklik.locate import Installed, write_down
from otklik.main import app
from typer.testing import CliRunner


@contextmanager
def portal_without_cases(folder: Path) -> Iterator[list[str]]:
    """Something that answers as the portal does for a case that it does not know; gives the paths asked for."""
    asked: list[str] = []

    class Unknown(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"error": "no such case"}).encode()
            self.send_response(404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Unknown) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        (folder / "pids").mkdir()
        write_down(Installed(folder, Path("federation"), {"portal": server.server_port}))
        note(folder / "pids" / "portal.json", os.getpid())
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("command", ["why", "trace"])
@pytest.mark.parametrize(
    ("case", "path"), [("REF-1", "REF-1"), ("a b", "a%20b"), ("a/b?c#d", "a%2Fb%3Fc%23d"), ("ж", "%D0%B6")]
)
def test_whatever_names_a_case_is_asked_for_as_it_was_typed(command: str, case: str, path: str, tmp_path: Path) -> None:
    with portal_without_cases(tmp_path) as asked:
        found = CliRunner().invoke(app, [command, case, "--folder", str(tmp_path)])
    assert asked == [f"/api/cases/{path}"]
    assert (found.exit_code, found.output) == (1, "no such case\n")
