"""Java's cache of the broker's loaded classes, beside the jars: a start with it takes half the time without it.

Java itself looks whether it was made by the same Java of the same jars, and leaves it alone when it was not.
"""

from __future__ import annotations

import os
from pathlib import Path

NAME = "kafka.aot"
WITHOUT_CODE = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching")
"""Classes alone: of machine code that it had kept, Java finds some under other names."""


def class_path(jars: Path) -> str:
    """The same for every folder that shares the jars, as the cache asks for."""
    return os.pathsep.join(str(jar) for jar in sorted(jars.resolve().glob("*.jar")))


def use(jars: Path) -> list[str]:
    """Options of Java: the cache where there is one."""
    cache = jars.resolve() / NAME
    return [f"-XX:AOTCache={cache}"] if cache.exists() else []
