"""Kafka's jars: exactly those of the lock file, fetched once and kept beside the data."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from embedded.errors import EmbeddedError

LOCK = Path(__file__).parent / "jars.lock"
ROOTS = "org.apache.kafka:kafka_2.13:4.4.0+org.slf4j:slf4j-simple:1.7.36"
"""What the lock file is resolved from."""


def locked() -> list[tuple[str, str, str, str]]:
    """Group, artifact, version and SHA-256 of every jar."""
    found = []
    for line in LOCK.read_text().splitlines():
        if line and not line.startswith("#"):
            coordinates, digest = line.split()
            group, artifact, version = coordinates.split(":")
            found.append((group, artifact, version, digest))
    return found


def ensure_jars(folder: Path) -> Path:
    """Check every jar in `folder/jars` against the lock file and fetch what is missing or damaged; returns that folder.

    Needs no network when all are there. Raises EmbeddedError when a jar cannot be had, or not the one that was locked.
    """
    target = folder / "jars"
    target.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in locked() if _digest(target / f"{jar[1]}-{jar[2]}.jar") != jar[3]]
    if missing:
        print(f"fetching {len(missing)} jars of Apache Kafka, once", flush=True)
        for group, artifact, version, digest in missing:
            path = _fetch(group, artifact, version)
            if _digest(path) != digest:
                path.unlink(missing_ok=True)
                path = _fetch(group, artifact, version)
            if _digest(path) != digest:
                raise EmbeddedError(
                    f"{group}:{artifact}:{version} is not the jar in {LOCK.name}, though fetched twice: what lies"
                    " between here and the repository changes it"
                )
            part = target / f".{artifact}.{os.getpid()}.part"
            shutil.copyfile(path, part)
            part.replace(target / f"{artifact}-{version}.jar")
    return target


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _fetch(group: str, artifact: str, version: str) -> Path:
    """The jar in the local Maven cache, fetched into it when it is not there."""
    from jgo.maven import MavenContext

    try:
        return Path(MavenContext().project(group, artifact).at_version(version).artifact().resolve())
    except Exception as error:
        raise EmbeddedError(
            f"{group}:{artifact}:{version} could not be fetched ({error}); the first start needs the network"
        ) from error


def relock() -> str:
    """Resolve ROOTS anew; returns the text of a new lock file."""
    import jgo

    lines = ["# group:artifact:version sha256; made by `python -m embedded lock`"]
    for item in sorted(jgo.resolve(ROOTS), key=lambda a: (a.groupId, a.artifactId)):
        digest = hashlib.sha256(Path(item.resolve()).read_bytes()).hexdigest()
        lines.append(f"{item.groupId}:{item.artifactId}:{item.version} {digest}")
    return "\n".join(lines) + "\n"
