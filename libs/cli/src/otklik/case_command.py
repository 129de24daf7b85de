"""Why a case went where it went, and every event of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape

from otklik.console import console, one_line_errors
from otklik.locate import find_running
from otklik.service_http import ask


def why(case: str, folder: Path) -> None:
    """Which rows of which release decided where a case went, in words."""
    with one_line_errors():
        found = ask(find_running(folder), f"/api/cases/{quote(case, safe='')}")
    view = found["case"]
    console.print(f"[bold]{escape(view['reference'])}[/bold] {escape(found['title'])}, {view['state']}")
    if view["region"]:
        due = f"; due {found['due']}" if found["due"] else ""
        console.print(f"{escape(found['region'])}, area {escape(str(view['area']))}: {escape(found['authority'])}{due}")
    if (division := found.get("division")) is not None:
        console.print(escape(divided(division)), highlight=False)
    for row in found["why"]:
        console.print(f"\n[bold]{escape(row['title'])}[/bold]: asked for {escape(row['asked'])}", highlight=False)
        console.print(f"  it says {escape(row['said'])}", highlight=False)
        console.print(f"  [dim]row {escape(row['row_id'])}, {escape(row['layer'])} release {row['number']}[/dim]")
    for trial in found["trials"]:
        console.print(f"\n[bold]{escape(trial['title'])}[/bold]: {escape(trial['share'])}", highlight=False)
        console.print(f"  {escape(trial['words'])}", highlight=False)
        console.print(f"  [dim]the change of proposal {escape(trial['proposal_id'])}[/dim]")
    if not found["why"]:
        console.print("no rule has placed it yet")


def divided(division: Mapping[str, Any]) -> str:
    """Of which message it is a part, by whose word, and which the others are."""
    others = ", ".join(division["parts"])
    by = f" by {division['by']}" if division["by"] else ""
    if division["whole"] is None:
        return f"the message was divided into {division['of']} parts{by}: {others}"
    part = f"part {division['number']} of {division['of']} of message {division['whole']}"
    return f"{part}, divided{by}; other parts: {others}"


def trace(case: str, folder: Path) -> None:
    """Every event of a case: when it was, what caused it, where it lies."""
    with one_line_errors():
        found = ask(find_running(folder), f"/api/cases/{quote(case, safe='')}")
    types = {e["id"]: e["type"] for e in found["events"]}
    console.print(f"[bold]{escape(found['case']['reference'])}[/bold] {escape(found['title'])}")
    for event in found["events"]:
        cause = types.get(event["causation_id"]) or event["causation_id"] or "nothing known"
        parts = (event["traceparent"] or "").split("-")
        console.print(
            f"\n{event['local_time']}  [bold]{event['type']}[/bold] [dim]from {event['source']}[/dim]\n"
            f"  {escape(event['words'])}\n"
            f"  [dim]because of {escape(cause)}\n"
            f"  at {event['topic']}/{event['partition']}/{event['offset']}"
            + (f", trace {parts[1]}" if len(parts) == 4 else "")
            + "[/dim]",
            highlight=False,
            soft_wrap=True,
        )
