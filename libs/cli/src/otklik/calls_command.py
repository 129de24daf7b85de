"""`otklik channel calls`: records of calls from a file go to channels, which says of each what became of it."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from common.contracts.hotline_pass import SENDER, vouch_for_records
from common.contracts.signing import Signer
from common.federation.country import FederationError, load_federation

from otklik.calls_file import BadFile, Naming, Row, read_mapping, rows_of
from otklik.console import CommandError, console, one_line_errors
from otklik.locate import Installed, find_running

PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "soft_wrap": True}
PATH = "/hotline/records"
AT_ONCE, MOST_BYTES = 100, 200_000
"""Rows and bytes of one request."""
PATIENCE_SECONDS = 60.0
MOST_OF_A_FILE = 200_000_000
"""Bytes."""
SIGNED_FOR = timedelta(minutes=2)


class NotSent(CommandError):
    """The records could not be sent; the message says why and what to do."""


def calls(file: Path, mapping: Path | None, delimiter: str, encoding: str, folder: Path) -> None:
    """Exits 1 where a row was not taken."""
    with one_line_errors(FederationError):
        place = find_running(folder)
        signer = Signer.load(place.folder / "keys", SENDER)
        if signer is None:
            raise NotSent(f"the key of the principal {SENDER} is not under {place.folder}/keys: run this where it is")
        naming = Naming({}) if mapping is None else read_mapping(_text(mapping, "utf-8"))
        zone = ZoneInfo(load_federation(place.federation).timezone)
        lines = StringIO(_text(file, encoding), newline="")
        separator = "\t" if delimiter in ("tab", "\\t") else delimiter
        if len(separator) != 1:
            raise BadFile("the delimiter is one character, or tab")
        counts: Counter[str] = Counter()
        for part in parts_of(rows_of(lines, separator, naming, zone)):
            for row, state, reason in _sent(place, signer, part):
                counts[state] += 1
                if state in ("refused", "again"):
                    console.print(f"line {row.line}: {reason}", **PLAIN)
    told = ", ".join(f"{counts[state]} {word}" for state, word in WORDS.items() if counts[state])
    console.print(told or "the file has no rows", **PLAIN)
    if counts["again"]:
        console.print("send the file again: what was taken is not taken twice", **PLAIN)
    if counts["refused"] or counts["again"]:
        raise typer.Exit(1)


WORDS = {"taken": "taken", "repeated": "known before", "refused": "not taken", "again": "perhaps not taken"}


def parts_of(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows that go in one request, in their order."""
    part: list[Row] = []
    size = 0
    for row in rows:
        length = len(_line(row))
        if part and (len(part) >= AT_ONCE or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part:
        yield part


def _line(row: Row) -> bytes:
    return json.dumps(row.record).encode() + b"\n" if row.record is not None else b""


def _sent(place: Installed, signer: Signer, part: Sequence[Row]) -> list[tuple[Row, str, str]]:
    """What became of each row. Raises NotSent where none was looked at."""
    records = [row for row in part if row.record is not None]
    body = b"".join(map(_line, records))
    answers = iter(_answers(place, signer, body, len(records)) if records else [])
    found = []
    for row in part:
        if row.record is None:
            found.append((row, "refused", row.fault))
        else:
            answer: dict[str, Any] = next(answers, {"state": "again", "reason": "no answer came"})
            found.append((row, str(answer.get("state")), str(answer.get("reason", ""))))
    return found


def _answers(place: Installed, signer: Signer, body: bytes, number: int) -> list[dict[str, Any]]:
    from otklik.service_http import fetch

    until = datetime.now(UTC) + SIGNED_FOR
    headers = {
        "Content-Type": "application/x-ndjson",
        "X-Otklik-Signature": vouch_for_records(body, until, signer),
    }
    try:
        status, said = fetch(place.ports["channels"], PATH, PATIENCE_SECONDS, body, headers)
        answers = [json.loads(line) for line in said.splitlines() if line.strip()]
    except (OSError, http.client.HTTPException, ValueError) as error:
        return [{"state": "again", "reason": f"channels does not answer ({type(error).__name__})"}] * number
    if status in (429, 503):
        return [{"state": "again", "reason": str(answers[0].get("reason")) if answers else "too much at once"}] * number
    if status != 200:
        reason = answers[0].get("reason") if answers else "it says no more"
        raise NotSent(f"channels takes no records of calls ({status}): {reason}")
    return answers


def _text(path: Path, encoding: str) -> str:
    """Raises BadFile."""
    try:
        if path.stat().st_size > MOST_OF_A_FILE:
            raise BadFile(f"{path} is larger than {MOST_OF_A_FILE} bytes: divide it")
        return path.read_bytes().decode(encoding)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadFile(
            f"{path} is not text in {encoding}: byte {error.start}; say --encoding, such as cp1251"
        ) from error
    except LookupError as error:
        raise BadFile(f"there is no encoding {encoding}; use such as utf-8 or cp1251") from error
