"""What kind of file it is by its bytes, and the file without what it tells of place, device and person. Pure."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from channels.attachments.cleaned_file import Cleaned, Unwelcome
from channels.attachments.mp4 import without_metadata

PICTURES = ("JPEG", "PNG", "WEBP", "GIF")
"""Formats of pictures that are taken: of an animation, and of the several pictures that a telephone puts into one JPEG
(which Pillow calls MPO), the first."""
MOST_POINTS = {"JPEG": 210_000_000, "MPO": 210_000_000, "PNG": 16_800_000, "GIF": 16_800_000, "WEBP": 12_600_000}
"""Of a picture as it was sent. A JPEG can be drawn at a half, a quarter or an eighth of its sides while it is read; the
others must be drawn whole, and a WebP four times at once."""
MOST_POINTS_KEPT = 16_800_000
"""Two bitmaps of so many points are 128 MiB: the most that are there at a time."""
MOST_BYTES_KEPT = 16_777_216
"""As many as may be sent."""
Image.MAX_IMAGE_PIXELS = max(MOST_POINTS.values())
THUMBNAIL_SIDE = 320
"""Pixels."""
QUALITY = 88
TOO_MANY_POINTS = (
    "the picture has too many points: at most 210 million in a JPEG, 12 million in a WebP, 16 million in others"
)
TAKEN = "pictures (JPEG, PNG, WebP, GIF), sound (Ogg, MP3, M4A), video (MP4) and PDF"


def cleaned(data: bytes) -> Cleaned:
    """The file without metadata: a picture is drawn anew, sound and video lose their tags; a PDF stays as it is.

    The name and the type that the sender gave are not asked. Raises Unwelcome, and MemoryError where there is a limit.
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
    """Each bitmap goes as soon as the next is drawn from it."""
    try:
        with Image.open(io.BytesIO(data), formats=PICTURES) as image:
            sent_as = str(image.format)
            _must_not_exceed(image, MOST_POINTS[sent_as])
            if isinstance(image, JpegImageFile):
                _draw_smaller(image)
            _must_not_exceed(image, MOST_POINTS_KEPT)
            ImageOps.exif_transpose(image, in_place=True)
            opaque = isinstance(image, JpegImageFile) or not image.has_transparency_data
            mode = "RGB" if opaque else "RGBA"
            drawn = image if image.mode == mode else image.convert(mode)
    except UnidentifiedImageError as error:
        raise Unwelcome(f"this kind of file is not taken: send {TAKEN}") from error
    except Image.DecompressionBombError as error:
        raise Unwelcome(TOO_MANY_POINTS) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise Unwelcome("the picture is broken, or takes too much memory to draw: send it again, smaller") from error
    # Pillow keeps what it read of the old file in `info`, and some formats write it out again.
    drawn.info.clear()
    factor = max(drawn.size) // (2 * THUMBNAIL_SIDE)
    small = (drawn.reduce(factor) if factor > 1 else drawn).convert("RGB")
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    thumbnail = _written(small, "JPEG")
    # To write a WebP takes more memory than all the rest.
    if sent_as in ("PNG", "GIF") or not opaque:
        written = _written(drawn, "PNG")
        if len(written) <= MOST_BYTES_KEPT:
            return Cleaned("image/png", written, thumbnail)
    written = _written(drawn if drawn.mode == "RGB" else drawn.convert("RGB"), "JPEG")
    if len(written) > MOST_BYTES_KEPT:
        raise Unwelcome(f"the picture is larger than {MOST_BYTES_KEPT} bytes once it is drawn anew: make it smaller")
    return Cleaned("image/jpeg", written, thumbnail)


def _must_not_exceed(image: Image.Image, most: int) -> None:
    if image.width * image.height > most:
        raise Unwelcome(TOO_MANY_POINTS)


def _draw_smaller(image: JpegImageFile) -> None:
    """Have a JPEG drawn at the largest of its sizes that may be kept."""
    for part in (1, 2, 4, 8):
        size = max(1, image.width // part), max(1, image.height // part)
        if size[0] * size[1] <= MOST_POINTS_KEPT:
            image.draft("RGB", size)
            return


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
    from mutagen.oggopus import OggOpus
    from mutagen.oggvorbis import OggVorbis

    kind: Callable[[Any], Any] = OggOpus if b"OpusHead" in data[:128] else OggVorbis
    return Cleaned("audio/ogg", _without_tags(data, lambda file: kind(file).delete(file)))


def _strip_mp3(file: io.BytesIO) -> None:
    from mutagen import id3
    from mutagen.mp3 import MP3

    kind: Callable[[Any], Any] = MP3
    kind(file)
    file.seek(0)
    id3.delete(file)


def _without_tags(data: bytes, strip: Callable[[io.BytesIO], None]) -> bytes:
    """The library of sounds takes longer to load than most pictures to clean."""
    from mutagen import MutagenError

    file = io.BytesIO(data)
    try:
        strip(file)
    except (MutagenError, OSError, ValueError, IndexError, EOFError) as error:
        raise Unwelcome(f"the sound is broken, or of a kind that is not taken: send {TAKEN}") from error
    return file.getvalue()
