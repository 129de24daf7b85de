"""The report as one page for people, which loads nothing from elsewhere."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def page(report: dict[str, Any]) -> str:
    """An HTML document of what `laboratory.report.report` tells. A loop whose figures need more than a table has a
    template of its own name."""
    templates = Environment(
        loader=PackageLoader("laboratory"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return templates.get_template("report.html").render(r=report)
