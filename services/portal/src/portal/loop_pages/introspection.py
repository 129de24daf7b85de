"""The loop introspection in words: it publishes the mirror of values, and neither finds nor proposes anything."""

from __future__ import annotations

from collections.abc import Mapping

from portal.language import N_
from portal.loop_pages.page import Data, Evidence, Wording
from portal.loop_pages.unknown import UNKNOWN


class IntrospectionPage:
    title = N_("introspection")
    settings: Mapping[str, str] = {
        "closed_days": N_("days after its end until a case is looked at again"),
        "poor_rating": N_("rating that is poor, and every lower one"),
        "usual_weeks": N_("weeks after which what happened weighs half in what is usual"),
        "least_usual": N_("cases of a category that must be known before others are compared with it"),
        "grown": N_("times the cases shown before a running week is shown anew"),
    }

    def finding(self, finding: Data, say: Wording) -> str:
        return UNKNOWN.finding(finding, say)

    def evidence(self, evidence: Data, say: Wording) -> Evidence:
        """It proposes nothing."""
        return UNKNOWN.evidence(evidence, say)

    def forecast(self, forecast: Data) -> str:
        return UNKNOWN.forecast(forecast)


PAGE = IntrospectionPage()
