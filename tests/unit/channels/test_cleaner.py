"""Files made to break or fill what opens them are refused within its bounds, and nothing else comes to harm."""

from __future__ import annotations

import asyncio
import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from channels.attachments import cleaner
from channels.attachments.cleaned_file import Cleaned, Unwelcome
from channels.attachments.cleaner import MODULE, STRANGERS_WAIT, Cleaner, clean
from channels.attachments.cleaning_process import MEMORY_BYTES
from common.messaging.failures import TransientError
from PIL import Image

from tests.kafka import eventually

MEASURE = """
import os, subprocess, sys
for name in sys.argv[2:]:
    with open(name, "rb") as given, open(name + ".out", "wb") as out:
        process = subprocess.Popen([sys.executable, "-I", "-m", sys.argv[1]], stdin=given, stdout=out)
        _, status, used = os.wait4(process.pid, 0)
    print(status, used.ru_maxrss * 1024)
"""
"""From a small process: one that is forked counts the memory of its parent as its own."""
HOLDS = "import time; time.sleep(600)"
PHOTO_SIZE = (8_160, 6_144)
"""50 million points."""


def jpeg(size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 120 if mode == "L" else (120, 90, 30)).save(out, "JPEG", **options)
    return out.getvalue()


def photo() -> bytes:
    """As a telephone of 50 million points makes it; what comes after the end of the picture makes it as large."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretTelephone", 6
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (55.0, 45.0, 0.0)
    made = jpeg(PHOTO_SIZE, exif=exif)
    return made + bytes(12_000_000 - len(made))


def webp_of(width: int, height: int) -> bytes:
    """The header of a lossless one, and nothing behind it."""
    bits = (width - 1) | (height - 1) << 14
    body = b"WEBPVP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", bits) + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def png_of(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*one) for one in chunks) + chunk(b"IEND", b"")


def gif_of(width: int, height: int, frames: int = 1) -> bytes:
    """Of many frames each larger than what they lie in."""
    frame = b"," + struct.pack("<HHHH", 0, 0, width, height) + b"\0" + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0" + bytes(6) + frame * frames + b";"


FLAT = zlib.compress(bytes(20_000_000))
BOMBS = {
    "a JPEG in scans, whose coefficients are 300 MB": jpeg(PHOTO_SIZE, progressive=True, subsampling=0),
    "a JPEG of more points than any": jpeg((64, 48)).replace(struct.pack(">HH", 48, 64), b"\xfe\xfe\xfe\xfe"),
    "a WebP of 268 million points": webp_of(16_383, 16_383),
    "a PNG of two billion points": png_of(50_000, 40_000, (b"IDAT", FLAT)),
    "a PNG that ends too early": png_of(4_000, 4_000, (b"IDAT", FLAT[:100])),
    "a PNG with words that unfold": png_of(9, 9, *[(b"zTXt", b"a\0\0" + FLAT)] * 9),
    "a GIF of four billion points": gif_of(65_535, 65_535),
    "a GIF of many frames": gif_of(65_535, 65_535, 5_000),
    "a TIFF": b"II*\0\x08\0\0\0" + bytes(1_000),
    "an office file": b"PK\x03\x04" + bytes(1_000),
    "a film of boxes in boxes": b"\0\0\0\x08ftyp" + struct.pack(">I", 2**31 - 1) + b"moov" + bytes(1_000),
}


def measured(files: list[bytes], folder: Path) -> list[tuple[int, int, bytes]]:
    """Of each how its process ended, the most memory that it had, and what it said."""
    names = [folder / str(number) for number in range(len(files))]
    for name, data in zip(names, files, strict=True):
        name.write_bytes(data)
    told = subprocess.run(
        [sys.executable, "-I", "-c", MEASURE, MODULE, *names], capture_output=True, check=True, text=True
    )
    numbers = [line.split() for line in told.stdout.splitlines()]
    outs = [name.with_name(f"{name.name}.out").read_bytes() for name in names]
    return [(int(status), int(most), out) for (status, most), out in zip(numbers, outs, strict=True)]


async def test_a_photo_of_50_million_points_is_cleaned_within_the_memory_that_is_granted(tmp_path: Path) -> None:
    data = photo()
    ((status, most, _),) = measured([data], tmp_path)
    assert (status, most < 200 * 2**20) == (0, True)
    kept = await clean(data)
    assert kept.media_type == "image/jpeg"
    assert b"Secret" in data
    assert b"Secret" not in kept.data
    assert kept.thumbnail is not None
    with Image.open(io.BytesIO(kept.data)) as image, Image.open(io.BytesIO(kept.thumbnail)) as small:
        assert image.size == (PHOTO_SIZE[1] // 2, PHOTO_SIZE[0] // 2)
        assert max(small.size) == 320


def test_no_bomb_takes_more_memory_than_is_granted(tmp_path: Path) -> None:
    for bomb, (status, most, said) in zip(BOMBS, measured(list(BOMBS.values()), tmp_path), strict=True):
        assert (bomb, status, said[:13]) == (bomb, 0, b'{"unwelcome":')
        assert most < MEMORY_BYTES, bomb


async def test_a_file_that_needs_more_than_is_granted_is_refused_in_words() -> None:
    with pytest.raises(Unwelcome, match="memory"):
        await clean(BOMBS["a JPEG in scans, whose coefficients are 300 MB"])


@pytest.mark.parametrize(
    ("program", "error", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", Unwelcome, "another form"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", Unwelcome, "takes too long"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", TransientError, "ended"),
        ("import a_module_that_is_not_there", TransientError, "a_module_that_is_not_there"),
    ],
)
async def test_a_file_whose_process_is_ended_is_refused_and_what_could_not_be_tried_is_tried_again(
    program: str, error: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaner, "PROGRAM", ("-c", program))
    with pytest.raises(error, match=words):
        await clean(bytes(1_000_000))


async def test_whoever_waits_no_longer_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def noted(*args: Any, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*args, **options))
        return started[-1]

    monkeypatch.setattr(cleaner, "PROGRAM", ("-c", HOLDS))
    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    task = asyncio.create_task(clean(b""))

    async def runs() -> bool:
        return bool(started)

    await eventually(runs)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert started[0].returncode is not None


async def test_strangers_fill_no_more_than_their_part_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[bytes] = []
    places = asyncio.Semaphore(0)

    async def held(data: bytes) -> Cleaned:
        begun.append(data)
        await places.acquire()
        return Cleaned("application/pdf", data)

    monkeypatch.setattr(cleaner, "clean", held)
    queue = Cleaner()
    strangers = [asyncio.create_task(queue.clean(b"stranger", known=False)) for _ in range(STRANGERS_WAIT)]

    async def full() -> bool:
        return begun == [b"stranger"]

    await eventually(full)
    with pytest.raises(TransientError):
        await queue.clean(b"stranger", known=False)
    citizen = asyncio.create_task(queue.clean(b"citizen", known=True))
    for _ in range(STRANGERS_WAIT + 1):
        places.release()
    await asyncio.gather(*strangers, citizen)
    assert begun[:2] == [b"stranger", b"citizen"]
    assert len(begun) == STRANGERS_WAIT + 1
