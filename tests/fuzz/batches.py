"""Seeded batches of records as no adapter would write them: every field of a record and of a batch, byte by byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import orjson
from common.contracts.events import channel

from tests.raw_batches import CODECS, Claims, batch, packed, piece, record, sealed, varint

MEGABYTE = 1_048_576
OWN_NAMES = (b"ce_id", b"ce_source", b"ce_type", b"ce_time", b"ce_specversion", b"ce_subject", b"correlation_id",
             b"traceparent", b"content-type", b"ce_sequence", b"baggage")  # fmt: skip
TYPES = (channel.MessageReceived.type, channel.VerdictReceived.type, channel.VoiceReceived.type,
         channel.ErasureRequested.type, channel.SupportReceived.type, channel.NoticeDelivered.type,
         "pigeon.landed.v1")  # fmt: skip
Headers = list[tuple[bytes | None, bytes | None]]


@dataclass(frozen=True, slots=True)
class Made:
    """A batch and how many records it holds, if the broker takes it."""

    what: str
    data: bytes
    records: int


class Batches:
    """Batches without end; the same for the same seed, but for the times in them."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._ids: list[bytes] = [b"1"]

    def next(self) -> Made:
        """Mostly records whose fields are wrong, now and then a batch that is wrong as a whole."""
        draw = self._draw
        kinds: tuple[tuple[int, Callable[[], Made]], ...] = (
            (70, self._of_records), (8, self._claims), (6, self._flipped), (2, self._tiny), (4, self._many_headers),
            (3, self._bomb), (3, self._large_header), (2, self._garbage),
        )  # fmt: skip
        return draw.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]()

    def _of_records(self) -> Made:
        count = self._draw.choice((1, 1, 2, 5, 10, 40))
        return Made("records", batch([self._record(n) for n in range(count)], self._codec()), count)

    def _codec(self) -> str:
        return self._draw.choice(list(CODECS))

    def _record(self, delta: int) -> bytes:
        draw = self._draw
        key: bytes | None = draw.randbytes(draw.choice((0, 1, 16, 300)))
        value: bytes | None = self._body()
        headers: Headers = [(b"ce_type", draw.choice(TYPES).encode()), (b"ce_id", self._id()), (b"ce_source", b"f")]
        for _ in range(draw.choice((0, 1, 1, 2, 3))):
            change = draw.randrange(10)
            if change == 0:
                headers.append((self._name(), draw.randbytes(draw.choice((0, 3, 400)))))
            elif change == 1:
                headers = [h for h in headers if draw.random() < 0.6]
            elif change == 2:
                headers.append((draw.choice(OWN_NAMES), draw.choice((None, b"", b"\xff", b"a|b", b"x" * 5_000, b"\0"))))
            elif change == 3:
                value = self._mutated(value or b"{}")
            elif change == 4:
                value = draw.choice((None, b"", b"null", b"[" * 20_000, b'{"a":' * 9_000, draw.randbytes(2_000)))
            elif change == 5:
                key = draw.choice((None, b"", b"\xff\xfe", b"\0" * 9, b"k" * 70_000))
            elif change == 6:
                headers = [(self._mutated(n or b""), v) for n, v in headers]
            elif change == 7:
                headers = [(n, self._mutated(v or b"")) for n, v in headers]
            elif change == 8:
                value = ("\ufeff" + (value or b"{}").decode("utf-8", "replace")).encode("utf-16")
            else:
                headers *= 2
        return record(delta, key, value, headers, draw.choice((0, 1, -5, 10**12)))

    def _id(self) -> bytes:
        draw = self._draw
        new = b"%x" % draw.getrandbits(64)
        found = draw.choice((draw.choice(self._ids), new, draw.randbytes(6), b"a|b", b"x" * 400))
        self._ids = [*self._ids[-50:], found]
        return found

    def _name(self) -> bytes:
        draw = self._draw
        return draw.choice((draw.randbytes(5), b"\xff", b"", b"CE_TYPE", b"x" * 3_000, "имя".encode("cp1251")))

    def _body(self) -> bytes:
        draw = self._draw
        message = channel.MessageReceived(
            conversation=f"c{draw.randrange(50)}", contact=channel.Contact(address="fuzz@example.org"),
            text=draw.choice(("A hole", "", "x" * 9_000, "Люк 🕳")), category=draw.choice(("Pothole", "Unicorn", None)),
            sent_at=datetime.now(UTC),
        ).model_dump(mode="json")  # fmt: skip
        message |= {
            "proposal": draw.choice((None, "P-7K2MNA", "P-\u202e7", "x" * 201, "0f6f2c2e-7d0a-5a7e-9a39-5b8b8f1c2d11")),
            "stance": draw.choice((None, None, "support", "object", "louder", 7)),
        }
        message |= {"place": draw.choice(({"lat": 0.5, "lon": 0.5}, {"lat": 1e308, "lon": -1e308}, {}, 7))}
        if draw.random() < 0.2:
            message[draw.choice(list(message))] = draw.choice((None, [], -1, 10**30, "\0", "\ud800", {"a": {}}))
        return orjson_or_text(message)

    def _mutated(self, data: bytes) -> bytes:
        draw, found = self._draw, bytearray(data)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(found) + 1)
            if draw.random() < 0.5 and at < len(found):
                found[at] = draw.randrange(256)
            elif draw.random() < 0.5:
                del found[at : at + draw.randint(1, 9)]
            else:
                found[at:at] = draw.randbytes(draw.randint(1, 9))
        return bytes(found)

    def _claims(self) -> Made:
        draw, count = self._draw, self._draw.choice((1, 3))
        claims = Claims(
            count=draw.choice((None, None, 0, 2, 2**31 - 1, -1)), last_delta=draw.choice((None, None, 0, 7, 2**31 - 1)),
            attributes=draw.choice((0, 0x08, 0x10, 0x20, 0x30, 0x40, 0x4000)), magic=draw.choice((2, 2, 0, 1, 3, 127)),
            producer=draw.choice(((-1, -1, -1), (7, 0, 0), (2**60, 3, 2**30))),
            first_timestamp=draw.choice((None, 0, -1, 2**62, -(2**62))),
        )  # fmt: skip
        return Made("claims", batch([self._record(n) for n in range(count)], self._codec(), claims), count)

    def _flipped(self) -> Made:
        """Bytes of the records changed before they are packed, or after; the checksum is right."""
        draw, count, codec = self._draw, self._draw.choice((1, 4)), self._codec()
        whole = b"".join(self._record(n) for n in range(count))
        if draw.random() < 0.5:
            return Made("flipped", sealed(packed(codec, self._mutated(whole)), count, codec), count)
        return Made("flipped when packed", sealed(self._mutated(packed(codec, whole)), count, codec), count)

    def _tiny(self) -> Made:
        count = self._draw.choice((100, 1_500))
        return Made("tiny", batch([record(n, None, None) for n in range(count)], self._codec()), count)

    def _many_headers(self) -> Made:
        draw, count = self._draw, self._draw.choice((1, 3))
        many: Headers = [(b"", b"")] * draw.choice((70, 5_000, 120_000))
        return Made("many headers", batch([record(n, b"k", b"{}", many) for n in range(count)], "zstd"), count)

    def _large_header(self) -> Made:
        size = self._draw.choice((10_000, 400_000, 3 * MEGABYTE))
        headers: Headers = [(b"ce_type", TYPES[0].encode()), (b"x" if size % 2 else b"ce_id", bytes(size))]
        return Made("large header", batch([record(0, b"k", b"{}", headers)], "zstd"), 1)

    def _bomb(self) -> Made:
        codec, size = self._draw.choice((("zstd", 200), ("gzip", 60), ("lz4", 60), ("snappy", 17)))
        return Made("bomb", bomb(codec, size), 1)

    def _garbage(self) -> Made:
        return Made("garbage", sealed(self._draw.randbytes(self._draw.choice((1, 30, 500))), 1, self._codec()), 1)


@cache
def bomb(codec: str, megabytes: int) -> bytes:
    """One record of zeros, packed to far less."""
    size = megabytes * MEGABYTE
    head = b"\0" + varint(0) + varint(0) + piece(b"key") + varint(size)
    return sealed(packed(codec, varint(len(head) + size + 1) + head + bytes(size) + varint(0)), 1, codec)


def orjson_or_text(message: dict[str, object]) -> bytes:
    """JSON; what JSON cannot say is put in by its Python words."""
    try:
        return orjson.dumps(message)
    except (TypeError, orjson.JSONEncodeError):
        return repr(message).encode("utf-8", "surrogatepass")
