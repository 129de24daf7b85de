"""Lines of the log, as text or as JSON. The words of exceptions are replaced, since they may repeat personal values."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

from common.messaging.consume.error_text import reason_of
from common.messaging.telemetry.requests import current_traceparent
from common.messaging.telemetry.trace_context import parse

LogFormat = Literal["text", "json"]
NOISY = ("aiokafka", "faststream", "httpx", "httpcore")
"""Whose lines below warnings are of no use to operators. Those of httpx name whole addresses, and the address of a
bot's server may hold its token."""


class _SafeFormatter(logging.Formatter):
    """Everybody's lines pass here, libraries' too: an exception is told by its class and place."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def message_of(self, record: logging.LogRecord) -> str:
        args = record.args
        if isinstance(args, tuple) and any(isinstance(a, BaseException) for a in args):
            told = tuple(reason_of(a) if isinstance(a, BaseException) else a for a in args)
            text = str(record.msg) % told
        elif isinstance(record.msg, BaseException):
            text = reason_of(record.msg)
        else:
            text = record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        while error is not None:
            # Libraries put the words of what they caught into their own.
            if (words := str(error)) and words in text:
                text = text.replace(words, reason_of(error))
            error = error.__cause__ or error.__context__
        return text

    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        return "" if ei[1] is None else traceback_of(ei[1])

    def format(self, record: logging.LogRecord) -> str:
        record.message = self.message_of(record)
        record.asctime = self.formatTime(record)
        text = self.formatMessage(record)
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return text


class JsonFormatter(_SafeFormatter):
    """One JSON object a line."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": self.message_of(record),
        }
        found = parse(getattr(record, "traceparent", None) or current_traceparent())
        if found is not None:
            line |= {"trace_id": found[0], "span_id": found[1]}
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def traceback_of(error: BaseException) -> str:
    """As Python writes it, oldest cause first, with our words in place of each exception's own."""
    parts: list[str] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        frames = "".join(traceback.format_tb(one.__traceback__))
        inner = "".join(f"\n  with {reason_of(e)}" for e in getattr(one, "exceptions", ()))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(one).__name__}: {reason_of(one)}{inner}")
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n\nwhich led to\n\n".join(reversed(parts))


def formatter_of(kind: LogFormat, service: str) -> logging.Formatter:
    if kind == "json":
        return JsonFormatter(service)
    return _SafeFormatter("%(asctime)s %(levelname)s %(name)s %(message)s")


def configure_logging(level: str, kind: LogFormat = "text", service: str = "") -> None:
    """One line a record on standard error; what ends the process is one of them."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter_of(kind, service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel("WARNING")
    sys.excepthook = _last_words


def _last_words(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, tb)
        return
    logging.getLogger("otklik").critical("the process ends", exc_info=(kind, error, tb))
