"""The loops that can be evaluated, by name."""

from __future__ import annotations

from laboratory.misrouting.study import MisroutingStudy
from laboratory.study import Study

STUDIES: dict[str, Study] = {study.loop: study for study in (MisroutingStudy(),)}
