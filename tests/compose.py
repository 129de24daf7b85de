"""docker-compose.yml as data: what each container would be given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "docker-compose.yml"


def services() -> dict[str, dict[str, Any]]:
    """Every container's description, anchors and merges resolved."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def environment(service: dict[str, Any], secrets: Path) -> dict[str, str]:
    """Its variables: the file of secrets from the folder `secrets`, then its own; those left to the shell left out."""
    given: dict[str, str | None] = {}
    if "env_file" in service:
        given |= dotenv_values(secrets / Path(service["env_file"]).name)
    given |= service.get("environment", {})
    return {name: value for name, value in given.items() if value is not None}
