"""How scores become probabilities that hold: fitted on scores of texts that their model had not seen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import numpy as np
from numpy.typing import NDArray

from routing.classify.classifier import COVERAGES, Calibration, Doubles, calibrated

BOUNDS = ((0.01, 100.0), (-1.0, 3.0), (0.0, 0.5))
BEGIN = (2.0, 0.5, 0.05)


def fitted(scores: Doubles, right: NDArray[np.int64], shares: Sequence[float]) -> Calibration:
    """The calibration under which the right categories are most probable, and the sets by split conformal prediction
    (least ambiguous sets)."""
    common = np.asarray(shares, np.float64)
    found = _most_likely(scores, right, common)
    probabilities = calibrated(scores, found, common, np.log(common))
    of_right = np.sort(probabilities[np.arange(len(right)), right])
    least = {c: _least(of_right, c / 100) for c in COVERAGES}
    return Calibration(found.sharpness, found.prior, found.astray, least)


def _least(of_right: Doubles, coverage: float) -> float:
    """The probability that all but 1 - coverage of the right categories have; 0 where the texts are too few to say."""
    position = floor((len(of_right) + 1) * (1 - coverage)) - 1
    return float(of_right[position]) if position >= 0 else 0.0


def _most_likely(scores: Doubles, right: NDArray[np.int64], common: Doubles) -> Calibration:
    from scipy.optimize import minimize

    rows, logs = np.arange(len(right)), np.log(common)

    def loss(at: Doubles) -> float:
        probabilities = calibrated(scores, _of(at), common, logs)
        return float(-np.log(np.maximum(probabilities[rows, right], 1e-12)).mean())

    found = minimize(loss, BEGIN, method="Nelder-Mead", bounds=BOUNDS, options={"xatol": 1e-4, "fatol": 1e-7})
    return _of(found.x)


def _of(numbers: Doubles) -> Calibration:
    sharpness, prior, astray = numbers.tolist()
    return Calibration(sharpness, prior, astray, {})
