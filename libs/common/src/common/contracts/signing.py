"""Commands are signed by the principal that issues them: Ed25519 over all that their identity and meaning rest on."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from common.contracts import outside_loops
from common.contracts.catalogue import topic_of
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events.base import Command
from common.contracts.refusals import Reason
from common.contracts.secret_file import READABLE, write_secret
from common.contracts.unambiguous_bytes import netstrings


class SignatureRefused(Exception):
    """A command without a signature, with a wrong one, by a principal that may not write its topic or is not its
    ce_source, about something else than its record says, or with a time that is not believed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason if isinstance(reason, Reason) else Reason("not_proven", reason)


def signed_bytes(topic: str, key: str, envelope: Envelope, body: bytes) -> bytes:
    """Exactly what is signed; `topic` is the logical name.

    Correlation, causation, release and trace are not: nothing is decided by them.
    """
    texts = (
        "otklik command", envelope.source, topic, envelope.id, envelope.type, envelope.subject,
        envelope.time.astimezone(UTC).isoformat(), key,
    )  # fmt: skip
    return netstrings([*(text.encode() for text in texts), body])


class Signer:
    """Signs as one principal."""

    def __init__(self, principal: str, key: Ed25519PrivateKey) -> None:
        self.principal = principal
        self._key = key

    @classmethod
    def load(cls, folder: Path, principal: str) -> Signer | None:
        """The principal's key from `folder/private`, or None where it has none."""
        path = folder / "private" / f"{principal}.pem"
        if not path.exists():
            return None
        key = load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} is not an Ed25519 key; make a new one")
        return cls(principal, key)

    def sign(self, topic: str, key: str, envelope: Envelope, body: bytes) -> Envelope:
        """The envelope with its signature, for a record of this logical topic, key and body.

        Raises ValueError when the envelope names another source than this principal: nobody would believe it.
        """
        if envelope.source != self.principal:
            raise ValueError(f"principal {self.principal!r} cannot sign a command of source {envelope.source!r}")
        signature = self._key.sign(signed_bytes(topic, key, envelope, body))
        return replace(envelope, signature=f"{self.principal}:{base64.b64encode(signature).decode()}")

    def vouch(self, words: Iterable[str]) -> str:
        """A signature of words that are no record, in URL-safe base64. The first word says what they are."""
        signature = self._key.sign(netstrings([word.encode() for word in words]))
        return base64.urlsafe_b64encode(signature).decode().rstrip("=")


class Verifier:
    """Knows the public keys of the federation's principals."""

    def __init__(self, keys: dict[str, Ed25519PublicKey], folder: Path | None = None) -> None:
        """`folder`: where the keys of loops outside are looked up each time, since these come and go meanwhile."""
        self._keys = keys
        self._folder = folder

    @classmethod
    def load(cls, folder: Path) -> Verifier:
        paths = sorted((folder / "public").glob("*.pem"))
        own = [path for path in paths if outside_loops.loop_of_principal(path.stem) is None]
        return cls({path.stem: _public_key(path) for path in own}, folder)

    def vouches(self, principal: str, words: Iterable[str], signature: str) -> bool:
        """Whether it is the principal's signature of these words."""
        key = self._keys.get(principal)
        try:
            given = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
            if key is None:
                return False
            key.verify(given, netstrings([word.encode() for word in words]))
        except (InvalidSignature, ValueError):
            return False
        return True

    def check(self, delivery: Delivery) -> str:
        """The principal that signed; raises SignatureRefused with the reason. What is proven is not proven again."""
        if delivery.refused is not None:
            raise SignatureRefused(delivery.refused)
        return delivery.principal or self.prove(delivery)

    def _key_of(self, principal: str) -> Ed25519PublicKey | None:
        if self._folder is None or outside_loops.loop_of_principal(principal) is None:
            return self._keys.get(principal)
        try:
            return _public_key(public_key_file(self._folder, principal))
        except FileNotFoundError:
            return None

    def prove(self, delivery: Delivery) -> str:
        """The principal that signed, by its key; raises SignatureRefused."""
        envelope = delivery.envelope
        if not envelope.signature or ":" not in envelope.signature:
            raise SignatureRefused("the command is not signed: send ce_signature `<principal>:<base64>`")
        principal, _, text = envelope.signature.partition(":")
        key = self._key_of(principal)
        if key is None:
            raise SignatureRefused(f"principal {principal!r} has no public key here")
        as_loop = outside_loops.loop_of_principal(principal) is not None
        if (outside_loops.WORD if as_loop else principal) not in topic_of(delivery.topic).writers:
            raise SignatureRefused(f"principal {principal!r} may not write {delivery.topic}")
        if envelope.source != principal:
            raise SignatureRefused(f"ce_source is {envelope.source!r}, but {principal!r} signed: it must be the same")
        if delivery.event.signed:
            event = delivery.event
            about = getattr(event, event.subject_field) if isinstance(event, Command) else envelope.subject
            if not about == envelope.subject == delivery.key:
                raise SignatureRefused("key, ce_subject and body of the command name different things")
        message = signed_bytes(delivery.topic, delivery.key, envelope, delivery.raw)
        try:
            key.verify(base64.b64decode(text, validate=True), message)
        except (InvalidSignature, ValueError) as error:
            raise SignatureRefused(f"the signature of {principal!r} does not fit the command") from error
        return principal


def _public_key(path: Path) -> Ed25519PublicKey:
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} is not an Ed25519 public key")
    return key


def proven(delivery: Delivery, verifier: Verifier) -> Delivery:
    """A command with its principal, or with the reason why it is refused.

    A command that is not proven gets an id of its own, made of its own bytes: under the id that it claims, it
    could make the genuine command of that id look like a repeat.
    """
    try:
        return replace(delivery, principal=verifier.prove(delivery))
    except SignatureRefused as error:
        envelope = delivery.envelope
        print_of = sha256(netstrings([delivery.raw, (envelope.signature or "").encode()])).hexdigest()[:16]
        return replace(delivery, refused=error.reason, envelope=replace(envelope, id=f"{envelope.id}~{print_of}"))


def public_key_file(folder: Path, principal: str) -> Path:
    """Where the public key of a principal lies."""
    return folder / "public" / f"{principal}.pem"


def generate_key(folder: Path, principal: str) -> None:
    """Make a development key pair under `folder`; an existing one is kept."""
    private, public = folder / "private" / f"{principal}.pem", public_key_file(folder, principal)
    if private.exists() and public.exists():
        return
    private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_key_pair(private, public)


def write_key_pair(private: Path, public: Path) -> None:
    """A new key pair in two files, in place of what they hold."""
    key = Ed25519PrivateKey.generate()
    write_secret(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write_secret(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), READABLE)
