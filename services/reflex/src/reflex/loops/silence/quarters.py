"""Quarters of a day: the time of a region in steps of six hours by its own clocks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

A_DAY = 4
HOURS = 24 // A_DAY

Quarter = int
"""Quarters since the first day of the calendar."""


def quarter_of(local: datetime) -> Quarter:
    """The one that a local time lies in."""
    return local.toordinal() * A_DAY + local.hour // HOURS


def first_of(day: date) -> Quarter:
    return day.toordinal() * A_DAY


def day_of(quarter: Quarter) -> date:
    return date.fromordinal(quarter // A_DAY)


def begins(quarter: Quarter) -> datetime:
    """In local time, without a zone."""
    return datetime.combine(day_of(quarter), time()) + timedelta(hours=quarter % A_DAY * HOURS)
