"""Services speak TLS to Kafka, believe the right certificate alone, and refuse plain servers where TLS is required."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import asyncpg
import pytest
from aiokafka.errors import KafkaError
from common.messaging.kafka import new_producer
from common.messaging.settings import SettingsError
from common.runtime.settings import Settings, load_settings
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from embedded.kafka_server import KafkaServer, TlsListener
from embedded.processes import free_port
from embedded.stack import Stack

from tests.conftest import ROOT, Ground, clear, make_ground
from tests.forwarding import message, routing_service, send, wait_for
from tests.server_folder import new_server_folder

PASSWORD = "made-for-this-test"  # of a server that lives as long as the test


def authority(name: str) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    key = generate_private_key(SECP256R1())
    return key, _certificate(name, key, None, x509.BasicConstraints(ca=True, path_length=0))


def _certificate(
    name: str, key: EllipticCurvePrivateKey, signer: tuple[EllipticCurvePrivateKey, x509.Certificate] | None,
    extension: x509.ExtensionType,
) -> x509.Certificate:  # fmt: skip
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[1].subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    )
    return made.sign(signer[0] if signer else key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


@pytest.fixture
def kafka_with_tls(stack: Stack, tmp_path: Path) -> Iterator[tuple[Stack, int, Path]]:
    """A Kafka of its own whose second listener speaks TLS; its port, and the authority's certificate."""
    signer = authority("test authority")
    key = generate_private_key(SECP256R1())
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    server = _certificate("broker", key, signer, names)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    keystore, ca = tmp_path / "broker.pem", tmp_path / "ca.pem"
    keystore.write_bytes(private + pem(server) + pem(signer[1]))
    ca.write_bytes(pem(signer[1]))
    folder = new_server_folder("otklik-tls-")
    listener = TlsListener(free_port(), keystore)
    kafka = KafkaServer(folder, listener)
    try:
        kafka.start(PASSWORD)
        plain = replace(stack, kafka_bootstrap=f"127.0.0.1:{kafka.port}", kafka_password=PASSWORD)
        yield plain, listener.port, ca
    finally:
        kafka.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def tls_ground(kafka_with_tls: tuple[Stack, int, Path], tmp_path: Path) -> Iterator[tuple[Ground, Ground, Path]]:
    """An installation, seen over the plain listener and over TLS alone."""
    plain_stack, port, ca = kafka_with_tls
    plain = await make_ground(plain_stack, tmp_path / "ground", ROOT / "tests" / "federation")
    secure = replace(plain, stack=replace(plain_stack, kafka_bootstrap=f"127.0.0.1:{port}"))
    yield plain, secure, ca
    await clear(plain)


async def refused(settings: Settings) -> bool:
    """Whether a client cannot speak with these settings."""
    producer = new_producer(settings)
    try:
        await producer.start()
    except KafkaError:
        return True
    finally:
        await producer.stop()
    return False


async def test_a_service_speaks_tls_and_no_other_certificate_or_protocol_is_believed(
    tls_ground: tuple[Ground, Ground, Path], tmp_path: Path
) -> None:
    plain, secure, ca = tls_ground
    over_tls = {"kafka_protocol": "SASL_SSL", "kafka_ca": ca}
    async with routing_service(secure, tmp_path, **over_tls):
        await send(plain, [message("case-1", 1, "over TLS")])
        await wait_for(plain, 1)
    assert not await refused(secure.settings("routing", **over_tls))
    assert await refused(secure.settings("routing")), "a client that speaks no TLS"
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(pem(authority("another authority")[1]))
    assert await refused(secure.settings("routing", kafka_protocol="SASL_SSL", kafka_ca=stranger))
    by_name = secure.stack.kafka_bootstrap.replace("127.0.0.1", "localhost")
    wrong_name = secure.settings("routing", **over_tls, kafka_bootstrap=by_name)
    assert await refused(wrong_name), "the certificate is of 127.0.0.1"
    with pytest.raises(SettingsError, match="OTKLIK_KAFKA_CA"):
        new_producer(secure.settings("routing", kafka_protocol="SASL_SSL", kafka_ca=ROOT / "README.md"))


async def test_a_plain_database_is_refused_where_the_url_wants_a_verified_one(ground: Ground) -> None:
    with pytest.raises(ConnectionError, match="SSL"):
        await asyncpg.connect(f"{ground.urls['routing']}?sslmode=require")


def test_settings_without_tls_are_refused_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "NAME": "routing", "KAFKA_BOOTSTRAP": "kafka:9093", "DATABASE_URL": "postgresql://routing:x@db/routing",
        "FEDERATION": str(ROOT / "tests" / "federation"), "KEYS": "/keys", "REQUIRE_TLS": "true",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(f"OTKLIK_{name}", value)
    with pytest.raises(SettingsError, match="OTKLIK_KAFKA_PROTOCOL must be SASL_SSL"):
        load_settings(Settings)
    monkeypatch.setenv("OTKLIK_KAFKA_PROTOCOL", "SASL_SSL")
    with pytest.raises(SettingsError, match="sslmode=verify-full"):
        load_settings(Settings)
    monkeypatch.setenv(
        "OTKLIK_DATABASE_URL", "postgresql://routing:x@db/routing?sslmode=verify-full&sslrootcert=/ca.pem"
    )
    assert load_settings(Settings).require_tls
