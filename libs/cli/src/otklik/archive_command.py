"""`otklik archive export`: the public log of cases, as the archive gives it to everybody."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

from otklik.console import console, one_line_errors
from otklik.locate import find_running
from otklik.service_http import NoAnswer, fetch

FILES = ("cases.csv", "cases.parquet", "dictionary.json")
PATIENCE_SECONDS = 300.0
"""The first to ask on a day waits until the files are made."""


def export(target: Path, folder: Path) -> None:
    """Write the files into a folder, which is made where it is not there."""
    with one_line_errors():
        port = find_running(folder).ports["archive"]
        found = {name: fetched(port, name) for name in FILES}
    target.mkdir(parents=True, exist_ok=True)
    for name, content in found.items():
        (target / name).write_bytes(content)
    about = json.loads(found["dictionary.json"])
    console.print(
        f"{about['rows']:,} cases until {about['until']} are in {target}; {about['left_out']:,} are left out, since"
        f" fewer than {about['fewest_alike']} were alike",
        highlight=False, soft_wrap=True,
    )  # fmt: skip


def fetched(port: int, name: str) -> bytes:
    """A file of the archive; raises NoAnswer."""
    try:
        status, content = fetch(port, f"/open-data/{name}", PATIENCE_SECONDS)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"the archive does not answer on port {port} ({type(error).__name__})") from error
    if status != 200:
        raise NoAnswer(f"the archive answered {status}: {content.decode(errors='replace')[:300]}")
    return content
