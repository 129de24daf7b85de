"""The loops that can be evaluated, by name."""

from __future__ import annotations

from laboratory.classification.study import ClassificationStudy
from laboratory.cycle.study import CycleStudy
from laboratory.deadline.study import DeadlineStudy
from laboratory.diffusion.study import DiffusionStudy
from laboratory.duplicates.study import DuplicatesStudy
from laboratory.emergence.study import EmergenceStudy
from laboratory.equity.study import EquityStudy
from laboratory.evaluation.study import EvaluationStudy
from laboratory.introspection.study import IntrospectionStudy
from laboratory.misrouting.study import MisroutingStudy
from laboratory.prediction.study import PredictionStudy
from laboratory.recurrence.study import RecurrenceStudy
from laboratory.silence.study import SilenceStudy
from laboratory.study import Study
from laboratory.trial.study import TrialStudy

ALL: tuple[Study, ...] = (
    ClassificationStudy(), CycleStudy(), DeadlineStudy(), DiffusionStudy(), DuplicatesStudy(), EmergenceStudy(),
    EquityStudy(), EvaluationStudy(), IntrospectionStudy(), MisroutingStudy(), PredictionStudy(), RecurrenceStudy(),
    SilenceStudy(), TrialStudy(),
)  # fmt: skip
STUDIES: dict[str, Study] = {study.loop: study for study in ALL}
