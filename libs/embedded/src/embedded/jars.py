"""Kafka's jars: exactly those of the lock file, fetched once and kept beside the data."""

from __future__ import annotations

import hashlib
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
    """Fetch what is missing in `folder/jars` and check every new jar; returns that folder.

    Raises EmbeddedError when a jar cannot be had or is not the one that was locked.
    """
    target = folder / "jars"
    target.mkdir(parents=True, exist_ok=True)
    missing = [j for j in locked() if not (target / f"{j[1]}-{j[2]}.jar").exists()]
    if missing:
        print(f"fetching {len(missing)} jars of Apache Kafka, once", flush=True)
        from jgo.maven import MavenContext

        context = MavenContext()
        for group, artifact, version, digest in missing:
            try:
                path = Path(context.project(group, artifact).at_version(version).artifact().resolve())
            except Exception as error:
                raise EmbeddedError(
                    f"{group}:{artifact}:{version} could not be fetched ({error}); the first start needs the network"
                ) from error
            if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                raise EmbeddedError(f"{path} is not the jar in {LOCK.name}: delete it and start again")
            part = target / f".{artifact}.part"
            shutil.copyfile(path, part)
            part.rename(target / f"{artifact}-{version}.jar")
    return target


def relock() -> str:
    """Resolve ROOTS anew; returns the text of a new lock file."""
    import jgo

    lines = ["# group:artifact:version sha256; made by `python -m embedded lock`"]
    for item in sorted(jgo.resolve(ROOTS), key=lambda a: (a.groupId, a.artifactId)):
        digest = hashlib.sha256(Path(item.resolve()).read_bytes()).hexdigest()
        lines.append(f"{item.groupId}:{item.artifactId}:{item.version} {digest}")
    return "\n".join(lines) + "\n"
