"""Names of files are believed only as their keeper gave them, and links only as the portal did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from common.contracts.attachments import Attachment, attachment_of, link_to, name_of, opener_of
from common.contracts.signing import Signer, Verifier, generate_key

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PHOTO = Attachment(id="9f2c4a1be07d4f6a8c3b5d2e1f0a7b6c", media_type="image/jpeg", size=184_320, picture=True)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    for principal in ("channels", "portal"):
        generate_key(tmp_path, principal)
    return tmp_path


def signer(keys: Path, principal: str) -> Signer:
    found = Signer.load(keys, principal)
    assert found is not None
    return found


def test_a_name_says_what_its_file_is_on_the_channel_it_was_given_for_alone(keys: Path) -> None:
    verifier = Verifier.load(keys)
    name = name_of(PHOTO, "web", signer(keys, "channels"))
    assert attachment_of(name, "web", verifier) == PHOTO
    assert attachment_of(name, "hotline", verifier) is None


def test_a_name_that_the_keeper_has_not_signed_is_no_file(keys: Path) -> None:
    verifier = Verifier.load(keys)
    forged = name_of(PHOTO, "web", signer(keys, "portal"))
    larger = name_of(PHOTO.model_copy(update={"size": 1}), "web", signer(keys, "channels"))
    mixed = name_of(PHOTO, "web", signer(keys, "channels")).partition(".")[0] + "." + larger.partition(".")[2]
    for name in (
        forged,
        mixed,
        "photo.jpg",
        "attachment:",
        "attachment:.",
        "attachment:é.é",
        "attachment:" + "A" * 700,
    ):
        assert attachment_of(name, "web", verifier) is None


def test_a_link_opens_one_file_for_one_person_until_it_ends(keys: Path) -> None:
    verifier = Verifier.load(keys)
    link = urlsplit(link_to(PHOTO.id, "desk:двор", NOW + timedelta(hours=1), signer(keys, "portal")))
    assert link.path == f"/attachments/{PHOTO.id}"
    query = {name: values[0] for name, values in parse_qs(link.query).items()}

    def opener(name: str = PHOTO.id, at: datetime = NOW, **changes: str) -> str | None:
        given = {**query, **changes}
        return opener_of(name, given["person"], given["until"], given["signature"], at, verifier)

    assert opener() == "desk:двор"
    assert opener(name="another") is None
    assert opener(at=NOW + timedelta(hours=2)) is None
    assert opener(until=str(int(query["until"]) + 3600)) is None
    assert opener(person="b3RoZXI") is None
    assert opener(signature="") is opener(until="never") is opener(person="%%") is None
