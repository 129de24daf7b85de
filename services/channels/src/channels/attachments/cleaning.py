"""What kind of file it is by its bytes, and the file without what it tells of place, device and person. Pure."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from common.contracts.frozen import value
from mutagen import MutagenError, id3
from mutagen.mp3 import MP3
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from PIL import Image, ImageOps, UnidentifiedImageError

from channels.attachments.mp4 import without_metadata

PICTURES = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "GIF": "PNG"}
"""Formats of pictures that are taken, and in which each is kept: of an animation the first picture."""
MOST_PIXELS = 60_000_000
THUMBNAIL_SIDE = 320
"""Pixels."""
QUALITY = 88
TAKEN = "pictures (JPEG, PNG, WebP, GIF), sound (Ogg, MP3, M4A), video (MP4) and PDF"


class Unwelcome(Exception):
    """A file that is not taken, with the reason and what is taken."""


@value
class Cleaned:
    """A file as it is kept."""

    media_type: str
    data: bytes
    thumbnail: bytes | None = None
    """JPEG, of a picture."""


def cleaned(data: bytes) -> Cleaned:
    """The file without metadata: a picture is drawn anew, sound and video lose their tags; a PDF stays as it is.

    The name and the type that the sender gave are not asked. Raises Unwelcome.
    """
    if not data:
        raise Unwelcome("the file is empty")
    if data.startswith(b"%PDF-"):
        return Cleaned("application/pdf", data)
    if data[4:8] == b"ftyp":
        return _mp4(data)
    if data.startswith(b"OggS"):
        return _ogg(data)
    if data.startswith(b"ID3") or (data[0] == 0xFF and data[1:2] and data[1] & 0xE6 == 0xE2):
        return Cleaned("audio/mpeg", _without_tags(data, _strip_mp3))
    return _picture(data)


def _picture(data: bytes) -> Cleaned:
    try:
        with Image.open(io.BytesIO(data), formats=tuple(PICTURES)) as image:
            kept = PICTURES[str(image.format)]
            if image.width * image.height > MOST_PIXELS:
                raise Unwelcome(f"the picture has more than {MOST_PIXELS // 1_000_000} million points: make it smaller")
            upright = ImageOps.exif_transpose(image)
            drawn = upright.convert("RGBA" if kept != "JPEG" and upright.has_transparency_data else "RGB")
    except UnidentifiedImageError as error:
        raise Unwelcome(f"this kind of file is not taken: send {TAKEN}") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unwelcome("the picture is broken: send it again") from error
    # Pillow copies what it read of the old file into the new one's `info`, and some formats write it out again.
    drawn.info.clear()
    small = drawn.convert("RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Cleaned(f"image/{kept.lower()}", _written(drawn, kept), _written(small, "JPEG"))


def _written(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, quality=QUALITY)
    return out.getvalue()


def _mp4(data: bytes) -> Cleaned:
    brand = data[8:12]
    if brand in (b"heic", b"heix", b"mif1", b"avif", b"avis"):
        raise Unwelcome("pictures in HEIC and AVIF are not taken: send JPEG or PNG")
    try:
        kept = without_metadata(data)
    except ValueError as error:
        raise Unwelcome("the file is broken: send it again") from error
    return Cleaned("audio/mp4" if brand in (b"M4A ", b"M4B ") else "video/mp4", kept)


def _ogg(data: bytes) -> Cleaned:
    kind: Callable[[Any], Any] = OggOpus if b"OpusHead" in data[:128] else OggVorbis
    return Cleaned("audio/ogg", _without_tags(data, lambda file: kind(file).delete(file)))


def _strip_mp3(file: io.BytesIO) -> None:
    kind: Callable[[Any], Any] = MP3
    kind(file)
    file.seek(0)
    id3.delete(file)


def _without_tags(data: bytes, strip: Callable[[io.BytesIO], None]) -> bytes:
    file = io.BytesIO(data)
    try:
        strip(file)
    except (MutagenError, OSError, ValueError, IndexError, EOFError) as error:
        raise Unwelcome(f"the sound is broken, or of a kind that is not taken: send {TAKEN}") from error
    return file.getvalue()
