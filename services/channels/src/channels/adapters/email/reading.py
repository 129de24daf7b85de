"""A mail as it comes: headers, words and files of it. Pure.

The library parses; here is bounded what it is given, and what in a mail has another form than it should is passed over
rather than the whole mail.
"""

from __future__ import annotations

import email.policy
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from email.errors import InvalidHeaderDefect
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

from common.contracts.frozen import value

from channels.adapters.email.addresses import NoAddress, checked
from channels.adapters.email.flowed import unflowed
from channels.adapters.email.html_text import text_of_html

MOST_BYTES = 26_214_400
"""Of a mail with its files, as they are sent: some 18 MiB of files."""
MOST_HEAD_BYTES, MOST_HEADERS, MOST_HEADER_CHARACTERS = 65_536, 500, 2_000
MOST_PARTS, MOST_NESTED = 200, 60
"""Parts of a mail, and how often it may say that a part has parts: the parser's work grows with both."""
MOST_REFERENCES = 100
MOST_TEXT_BYTES = 2_097_152
"""Of a part that holds words."""
SMALL_INLINE_BYTES = 10_240
"""A picture inside the words that is smaller is the sender's logo."""
NESTS = re.compile(rb"^content-type:[ \t]*(?:\r?\n[ \t]+)?(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
HEAD_END = re.compile(rb"\r?\n\r?\n")
MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
ANGLES = re.compile(r"<([^<>\s]{3,320})>")
"""Addresses in a header that the library cannot read, such as one with a comma in the name."""
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
LANGUAGE = re.compile(r"[a-z]{2,3}")
NAMES = {"audio": "voice", "image": "photo", "video": "video"}


class Unreadable(Exception):
    """What is wrong with a mail that cannot be read, for whoever sent it."""


@value
class MailFile:
    """A file of a mail."""

    kind: str
    """`photo`, `voice`, `video` or `document`, by what the mail says of it."""
    data: bytes


@value
class Mail:
    """What is read of one mail."""

    headers: dict[str, tuple[str, ...]]
    """By name in lower case, decoded."""
    senders: tuple[str, ...]
    """Addresses of From."""
    name: str | None
    subject: str
    message_id: str | None
    references: tuple[str, ...]
    """Message-IDs of the mails before it, the nearest first."""
    received_at: datetime | None
    """As our own mail server says, else as the sender does."""
    language: str | None
    text: str
    """As it stands there: with what is quoted."""
    files: tuple[MailFile, ...]
    content_type: str
    report: str
    """Of a report on a mail that was sent: what it says to programs."""
    body: bytes
    """A digest of everything below the headers."""

    def header(self, name: str) -> str:
        return (self.headers.get(name) or ("",))[0]


def parse(data: bytes) -> EmailMessage:
    """Raises Unreadable for what is too large or too deep to be parsed."""
    head = HEAD_END.search(data)
    if (head.start() if head is not None else len(data)) > MOST_HEAD_BYTES:
        raise Unreadable(f"the headers are larger than {MOST_HEAD_BYTES} bytes")
    if sum(1 for _ in NESTS.finditer(data)) > MOST_NESTED:
        raise Unreadable(f"the mail has more than {MOST_NESTED} parts within parts")
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
    except Exception as error:
        raise Unreadable("the mail is not in the form of RFC 5322") from error
    if len(message.keys()) > MOST_HEADERS:
        raise Unreadable(f"the mail has more than {MOST_HEADERS} headers")
    return message


def read(data: bytes, *, cyrillic: bool = False) -> Mail:
    """`cyrillic`: what letters a mail has that does not say it. Raises Unreadable."""
    message = parse(data)
    headers = _headers(message)
    parts = [part for _, part in zip(range(MOST_PARTS + 1), _leaves(message), strict=False)]
    if len(parts) > MOST_PARTS:
        raise Unreadable(f"the mail has more than {MOST_PARTS} parts")
    senders = _addresses(message, "from", headers)
    text, files = _content(parts, cyrillic=cyrillic)
    ids = [*_ids(headers, "in-reply-to"), *reversed(_ids(headers, "references"))][:MOST_REFERENCES]
    own = _ids(headers, "message-id")
    return Mail(
        headers=headers,
        senders=tuple(address for _, address in senders),
        name=next((clean(name, one_line=True) for name, _ in senders if name), None),
        subject=clean((headers.get("subject") or ("",))[0], one_line=True),
        message_id=own[0] if own else None,
        references=tuple(dict.fromkeys(ids)),
        received_at=_received_at(headers),
        language=_language(headers),
        text=text,
        files=tuple(files),
        content_type=_type(message),
        report=_report(message) if _type(message) == "multipart/report" else "",
        body=hashlib.sha256(_below_head(data)).digest(),
    )


def _below_head(data: bytes) -> bytes:
    """Lines end as they may: mail servers hand the same mail over with either end."""
    head = HEAD_END.search(data)
    return data[head.end() :].replace(b"\r\n", b"\n").rstrip() if head is not None else b""


def _report(message: EmailMessage) -> str:
    blocks = [
        block
        for part in message.walk()
        if isinstance(part, EmailMessage) and _type(part) == "message/delivery-status"
        for block in _parts(part)
    ]
    return "\n".join(f"{name}: {value}" for block in blocks[:MOST_PARTS] for name, value in block.raw_items())


def clean(text: str, *, one_line: bool = False) -> str:
    """Without what no record of a channel may hold."""
    text = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return " ".join(text.split()) if one_line else text


def _headers(message: EmailMessage) -> dict[str, tuple[str, ...]]:
    """Those that are not too long. A header that the library cannot read is taken as it stands."""
    found: dict[str, list[str]] = {}
    for name, raw in message.raw_items():
        text = plain = _unescaped(raw)
        if len(text) > MOST_HEADER_CHARACTERS and name.lower() != "references":
            text = text[:MOST_HEADER_CHARACTERS]
        try:
            text = str(email.policy.default.header_fetch_parse(name, text)) if "=?" in text else text
        except Exception:  # noqa: BLE001 - the parser of structured headers fails in many ways
            text = plain
        found.setdefault(name.lower(), []).append(" ".join(text.split()))
    return {name: tuple(values) for name, values in found.items()}


def _unescaped(raw: object) -> str:
    """Letters beyond ASCII as they stand in the header, which are UTF-8 if anything."""
    return str(raw).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _addresses(
    message: EmailMessage, name: str, headers: dict[str, tuple[str, ...]]
) -> list[tuple[str, str]]:  # fmt: skip
    """Names and addresses of a header; nothing where it holds none that anything could be sent to."""
    raw = next((_unescaped(value) for key, value in message.raw_items() if key.lower() == name), "")
    if not raw or len(raw) > MOST_HEADER_CHARACTERS or len(headers.get(name, ())) != 1:
        return []
    try:
        header: Any = email.policy.default.header_fetch_parse(name, raw)
        if any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects):
            raise ValueError
        pairs = [(a.display_name, a.addr_spec) for a in header.addresses]
    except Exception:  # noqa: BLE001 - as above
        pairs = [("", address) for address in ANGLES.findall(raw)]
    found = []
    for shown, address in pairs:
        try:
            found.append((shown, checked(address)))
        except NoAddress:
            continue
    return found


def _ids(headers: dict[str, tuple[str, ...]], name: str) -> list[str]:
    return [one for text in headers.get(name, ()) for one in MESSAGE_ID.findall(text)]


def _received_at(headers: dict[str, tuple[str, ...]]) -> datetime | None:
    """The uppermost Received is that of our own mail server, the same however often it hands the mail over."""
    received = (headers.get("received") or ("",))[0].rpartition(";")[2].strip()
    for given in (received, (headers.get("date") or ("",))[0]):
        try:
            found = parsedate_to_datetime(given)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if found.tzinfo is not None:
            return found
    return None


def _language(headers: dict[str, tuple[str, ...]]) -> str | None:
    for name in ("content-language", "accept-language"):
        found = LANGUAGE.match((headers.get(name) or ("",))[0].lower())
        if found is not None:
            return found[0]
    return None


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    """Parts without parts. What was forwarded as a mail of its own is looked into; of a report its words alone."""
    if _type(message) == "multipart/alternative":
        yield from _leaves_of_best(message)
    elif message.is_multipart():
        for part in _parts(message):
            yield from _leaves(part)
    else:
        yield message


def _leaves_of_best(message: EmailMessage) -> Iterator[EmailMessage]:
    """Of the same words in several forms the plain ones, with the files that lie beside another form."""
    leaves = [leaf for part in _parts(message) for leaf in _leaves(part)]
    plain = next((one for one in leaves if _type(one) == "text/plain" and _decoded(one).strip()), None)
    for leaf in leaves:
        if plain is None or leaf is plain or not _type(leaf).startswith("text/"):
            yield leaf


def _parts(message: EmailMessage) -> list[EmailMessage]:
    found = message.get_payload()
    return [one for one in found if isinstance(one, EmailMessage)] if isinstance(found, list) else []


def _type(part: EmailMessage) -> str:
    try:
        return part.get_content_type()
    except Exception:  # noqa: BLE001 - as above
        return "application/octet-stream"


def _parameter(part: EmailMessage, name: str) -> str:
    try:
        found = part.get_param(name)
    except Exception:  # noqa: BLE001 - as above
        return ""
    return str(found).lower() if isinstance(found, str) else ""


def _disposition(part: EmailMessage) -> str:
    try:
        return part.get_content_disposition() or ""
    except Exception:  # noqa: BLE001 - as above
        return ""


def _file_name(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # noqa: BLE001 - as above
        return ""


def _decoded(part: EmailMessage) -> bytes:
    try:
        data = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 - as above
        return b""
    return data if isinstance(data, bytes) else b""


def _content(parts: list[EmailMessage], *, cyrillic: bool) -> tuple[str, list[MailFile]]:
    texts: list[str] = []
    files: list[MailFile] = []
    for part in parts:
        kind, data = _type(part), _decoded(part)
        words = kind in ("text/plain", "text/html") and _disposition(part) != "attachment" and not _file_name(part)
        if words:
            text = _characters(part, data[:MOST_TEXT_BYTES], cyrillic=cyrillic)
            if kind == "text/html":
                text = text_of_html(text)
            elif _parameter(part, "format") == "flowed":
                text = unflowed(text, delete_blank=_parameter(part, "delsp") == "yes")
            texts.append(clean(text).strip("\n"))
        elif data and not _is_logo(part, kind, data) and kind not in ("message/delivery-status", "text/rfc822-headers"):
            files.append(MailFile(NAMES.get(kind.partition("/")[0], "document"), data))
    return "\n\n".join(filter(str.strip, texts)), files


def _is_logo(part: EmailMessage, kind: str, data: bytes) -> bool:
    inside = _disposition(part) == "inline" or any(name.lower() == "content-id" for name, _ in part.raw_items())
    return kind.startswith("image/") and inside and len(data) < SMALL_INLINE_BYTES


def _characters(part: EmailMessage, data: bytes, *, cyrillic: bool) -> str:
    """Bytes in the characters that the mail names; where it names none, or others than it has, as they may be."""
    named = _parameter(part, "charset")
    for charset in (named, "utf-8", "windows-1251" if cyrillic else "windows-1252"):
        try:
            return data.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            continue
    return data.decode("utf-8", "replace")
