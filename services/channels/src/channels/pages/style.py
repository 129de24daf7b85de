"""Style sheets of all pages that citizens see."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
BASE_STYLE = (FOLDER / "base.css").read_text()
REPORT_STYLE = BASE_STYLE + (FOLDER / "reports.css").read_text()
