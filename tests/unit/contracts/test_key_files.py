"""Keys are made once, whole, and for their owner's eyes."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from common.contracts import mandates
from common.contracts.mandates import Mandates, make_mandate_key
from common.contracts.signing import Signer, Verifier, generate_key
from common.runtime import sign_in
from common.runtime.sign_in import SignInLinks, make_sign_in_key

PRIVATE = Path("private") / "portal.pem"
MADE: list[tuple[Callable[[Path], None], Path]] = [
    (make_sign_in_key, Path(sign_in.KEY_FILE)),
    (make_mandate_key, Path(mandates.KEY_FILE)),
    (lambda folder: generate_key(folder, "portal"), PRIVATE),
]


@pytest.mark.parametrize(("make", "name"), MADE, ids=["sign-in", "mandates", "signing"])
def test_a_key_is_readable_by_its_owner_alone_and_kept(
    make: Callable[[Path], None], name: Path, tmp_path: Path
) -> None:
    make(tmp_path)
    first = (tmp_path / name).read_bytes()
    make(tmp_path)
    assert (tmp_path / name).read_bytes() == first
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(("make", "name"), MADE, ids=["sign-in", "mandates", "signing"])
def test_a_disk_without_room_leaves_no_half_of_a_key(
    make: Callable[[Path], None], name: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(path: Path, *_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", no_room)
        full.setattr(Path, "write_text", no_room)
        with pytest.raises(OSError, match="No space left"):
            make(tmp_path)
    assert not (tmp_path / name).exists()
    make(tmp_path)
    assert (tmp_path / name).stat().st_size > 0


def test_keys_that_were_made_can_be_loaded(tmp_path: Path) -> None:
    for make, _ in MADE:
        make(tmp_path)
    links, signer = SignInLinks.load(tmp_path), Signer.load(tmp_path, "portal")
    assert links is not None
    assert links.read(links.code("federal:centre")).person == "federal:centre"
    assert signer is not None
    assert Mandates.load(tmp_path) is not None
    Verifier.load(tmp_path)


def test_links_are_not_made_with_a_key_that_could_be_guessed(tmp_path: Path) -> None:
    (tmp_path / sign_in.KEY_FILE).touch()
    with pytest.raises(ValueError, match="less than 32 characters"):
        SignInLinks.load(tmp_path)
