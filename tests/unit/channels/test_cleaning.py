"""What is kept of a file: its picture or sound, and nothing of where, by what and by whom it was made."""

from __future__ import annotations

import io
import struct

import pytest
from channels.attachments.cleaned_file import Unwelcome
from channels.attachments.cleaning import MOST_BYTES_KEPT, MOST_POINTS_KEPT, THUMBNAIL_SIDE, cleaned
from common.contracts.attachments import MOST_BYTES
from PIL import Image
from PIL.PngImagePlugin import PngInfo

SIZE = (800, 600)
ON_ITS_SIDE = 6
"""Of EXIF's orientations: to be turned by a quarter."""


def photo() -> bytes:
    """A photo as a telephone makes it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretTelephone", ON_ITS_SIDE
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (55.0, 45.0, 0.0)
    out = io.BytesIO()
    Image.new("RGB", SIZE, (200, 30, 30)).save(out, "JPEG", exif=exif, comment=b"SecretComment")
    return out.getvalue()


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", 8 + len(body)) + kind + body


FILM = b"".join(
    (
        box(b"ftyp", b"isom\0\0\0\0isom"),
        box(
            b"moov",
            box(b"mvhd", bytes(100)),
            box(b"trak", box(b"tkhd", bytes(80)), box(b"udta", box(b"name", b"SecretTrack"))),
            box(b"udta", box(b"\xa9xyz", b"+55.75+037.61/")),
            box(b"meta", b"SecretMaker"),
        ),
        box(b"mdat", b"the picture itself"),
    )
)


def test_a_photo_loses_place_device_and_comment_and_stands_upright() -> None:
    raw = photo()
    assert b"SecretTelephone" in raw
    assert b"SecretComment" in raw
    kept = cleaned(raw)
    assert kept.media_type == "image/jpeg"
    assert b"Secret" not in kept.data
    with Image.open(io.BytesIO(kept.data)) as image:
        assert image.size == SIZE[::-1]
        assert not dict(image.getexif())
    assert kept.thumbnail is not None
    with Image.open(io.BytesIO(kept.thumbnail)) as small:
        assert max(small.size) == THUMBNAIL_SIDE


def test_words_inside_a_png_are_gone_and_its_transparency_stays() -> None:
    words, out = PngInfo(), io.BytesIO()
    words.add_text("Author", "SecretName")
    Image.new("RGBA", (10, 10), (1, 2, 3, 4)).save(out, "PNG", pnginfo=words)
    kept = cleaned(out.getvalue())
    assert b"SecretName" in out.getvalue()
    assert b"SecretName" not in kept.data
    with Image.open(io.BytesIO(kept.data)) as image:
        assert image.getpixel((0, 0)) == (1, 2, 3, 4)


def test_a_film_loses_its_boxes_of_metadata_and_nothing_moves() -> None:
    kept = cleaned(FILM)
    assert kept.media_type == "video/mp4"
    assert len(kept.data) == len(FILM)
    assert kept.data.endswith(b"the picture itself")
    for told in (b"+55.75", b"SecretTrack", b"SecretMaker"):
        assert told in FILM
        assert told not in kept.data


@pytest.mark.parametrize("kind", ["WEBP", "GIF"])
def test_other_pictures_are_taken(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", SIZE).save(out, kind)
    assert cleaned(out.getvalue()).thumbnail is not None


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"hello", "is not taken"),
        (b"<svg onload=alert(1)>", "is not taken"),
        (b"\xff\xd8\xff\xe0 no picture", "broken"),
        (photo()[:2000], "broken"),
        (b"OggS" + bytes(100), "broken"),
        (b"ID3" + bytes(50), "broken"),
        (bytes(3) + b"\x20ftypheic" + bytes(40), "HEIC"),
        (FILM[:40], "broken"),
        (box(b"ftyp", b"isom") + b"\0\0\0\xffmoov", "broken"),
        (box(b"ftyp", b"isom") + box(b"moov", *[b""]) + box(b"stsd", b"mebx"), "broken"),
    ],
)
def test_what_is_no_file_of_a_known_kind_is_refused_with_a_reason(raw: bytes, why: str) -> None:
    with pytest.raises(Unwelcome, match=why):
        cleaned(raw)


def test_a_picture_of_too_many_points_is_refused_before_it_is_drawn() -> None:
    out = io.BytesIO()
    Image.new("1", (12_000, 6_000)).save(out, "PNG")
    with pytest.raises(Unwelcome, match="million"):
        cleaned(out.getvalue())


def test_as_much_may_be_kept_as_may_be_sent() -> None:
    assert MOST_BYTES_KEPT == MOST_BYTES


def test_a_photo_of_too_many_points_is_kept_smaller() -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = ON_ITS_SIDE
    Image.new("L", (8_160, 6_144), 90).save(out, "JPEG", exif=exif)
    kept = cleaned(out.getvalue())
    with Image.open(io.BytesIO(kept.data)) as image:
        assert image.size == (6_144 // 2, 8_160 // 2)
        assert image.width * image.height <= MOST_POINTS_KEPT


def test_of_several_pictures_that_a_telephone_puts_into_one_the_first_is_kept() -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "SecretTelephone"
    second = Image.new("RGB", (90, 60))
    Image.new("RGB", SIZE).save(out, "MPO", save_all=True, append_images=[second], exif=exif)
    assert b"SecretTelephone" in out.getvalue()
    kept = cleaned(out.getvalue())
    assert (kept.media_type, b"Secret" in kept.data) == ("image/jpeg", False)
    with Image.open(io.BytesIO(kept.data)) as image:
        assert (image.size, image.format) == (SIZE, "JPEG")


@pytest.mark.parametrize(("mode", "kept_as"), [("RGB", "JPEG"), ("RGBA", "PNG")])
def test_a_webp_is_kept_in_a_format_that_takes_less_to_write_and_loses_its_metadata(mode: str, kept_as: str) -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "SecretTelephone"
    Image.new(mode, SIZE).save(out, "WEBP", exif=exif, xmp=b"<SecretPlace/>", icc_profile=b"SecretProfile")
    kept = cleaned(out.getvalue())
    assert b"Secret" in out.getvalue()
    assert b"Secret" not in kept.data
    with Image.open(io.BytesIO(kept.data)) as image:
        assert image.format == kept_as
