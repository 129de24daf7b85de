"""The loop introspection in words: it publishes the mirror of values, and neither finds nor proposes anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from portal.language import N_
from portal.loop_pages.unknown import AsWorded


class IntrospectionPage(AsWorded):
    title = N_("introspection")
    settings: ClassVar[Mapping[str, str]] = {
        "closed_days": N_("days after its end until a case is looked at again"),
        "poor_rating": N_("rating that is poor, and every lower one"),
        "usual_weeks": N_("weeks after which what happened weighs half in what is usual"),
        "least_usual": N_("cases of a category that must be known before others are compared with it"),
        "grown": N_("times the cases shown before a running week is shown anew"),
    }


PAGE = IntrospectionPage()
