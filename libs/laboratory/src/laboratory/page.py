"""The report as one page for people, which loads nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

COLUMNS = (
    ("recall", "found", "of planted cells"),
    ("avoided", "avoided", "of misroutes in them"),
    ("false_per_10k", "false", "proposals in 10,000 cases"),
    ("flips", "flips", "a run"),
    ("proposals", "proposals", "a run"),
    ("clarified", "clarify", "planted cells asked about"),
    ("right_first_points", "right first time", "points gained"),
)


def page(report: dict[str, Any]) -> str:
    """An HTML document of what `laboratory.report.report` tells."""
    templates = Environment(
        loader=PackageLoader("laboratory"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    bars = [
        {"name": name, "loop": f["avoided"]["value"], "naive": f["avoided_naive"]["value"],
         "oracle": f["avoided_oracle"]["value"]}
        for name, f in report["scenarios"].items()
        if f["avoided"] is not None
    ]  # fmt: skip
    return templates.get_template("report.html").render(r=report, columns=COLUMNS, bars=bars)
