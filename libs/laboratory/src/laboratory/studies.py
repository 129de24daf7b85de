"""The loops that can be evaluated, by name."""

from __future__ import annotations

from laboratory.deadline.study import DeadlineStudy
from laboratory.duplicates.study import DuplicatesStudy
from laboratory.misrouting.study import MisroutingStudy
from laboratory.prediction.study import PredictionStudy
from laboratory.study import Study

ALL: tuple[Study, ...] = (DeadlineStudy(), DuplicatesStudy(), MisroutingStudy(), PredictionStudy())
STUDIES: dict[str, Study] = {study.loop: study for study in ALL}
