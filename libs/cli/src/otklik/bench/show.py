"""The figures of a bench on the screen."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table


def print_bench(found: dict[str, Any], as_json: bool) -> None:
    """One line of JSON, or tables for people."""
    if as_json:
        print(json.dumps(found))
        return
    console = Console()
    runs = ", ".join(map(str, found["pipe_runs"]))
    console.print(
        f"[bold]ratio {found['ratio']}[/bold]: {found['product_a_second']} messages/s from an inbound topic to accepted"
        f" ({found['product_to_rest_a_second']} until every read side has caught up), bare pipe"
        f" {found['pipe_a_second']}/s (runs {runs})"
    )
    wait, single, edge = found["latency_at_a_third_ms"], found["latency_single_ms"], found["http_edge"]
    console.print(
        f"message to accepted at a third of that load: p50 {wait['p50']} ms, p99 {wait['p99']} ms; one at a time in a"
        f" quiet system: p50 {single['p50']} ms, p99 {single['p99']} ms;"
        f" HTTP edge {edge['posts_a_second']} posts/s, p50 {edge['p50_ms']} ms, p99 {edge['p99_ms']} ms"
    )
    table = Table("process", "core time a message, us", "memory, MB (proportional)")
    for name, cost in found["core_us_a_message"].items():
        table.add_row(name, str(cost), str(found["memory_mb_by_process"].get(name, "")))
    table.add_section()
    table.add_row("all", str(found["core_us_a_message_total"]), str(found["memory_mb"]))
    console.print(table)
