"""What each loop is for, in two sentences at most; of an unknown one nothing is said."""

from __future__ import annotations

from collections.abc import Mapping

from portal.language import N_, _

ABOUT: Mapping[str, str] = {
    "classification": N_(
        "Watches which categories people choose in triage. It proposes what words of channels mean, and reports"
        " categories that a model confuses."
    ),
    "deadline": N_(
        "Watches how long answers take, with unfinished cases counted. It proposes a limit that fits, and reports where"
        " work gets late and where an authority lacks the capacity to keep a right limit."
    ),
    "diffusion": N_(
        "Compares regions on like cases. What one does better it proposes to others to try, and after several to the"
        " nation."
    ),
    "duplicates": N_(
        "Watches which suggested duplicates people accept and refuse. It proposes how near and how old a case may be to"
        " be suggested as the same."
    ),
    "emergence": N_(
        "Watches where and when reports come. It warns early of far more than usual in one place and time; it proposes"
        " no rule."
    ),
    "equity": N_(
        "Compares places and channels on like cases. It reports where cases go worse, and proposes to take out a"
        " region's own rules that plainly bring that."
    ),
    "evaluation": N_(
        "Watches what became of proposals and adopted changes. It proposes to take back what did harm, and to make a"
        " loop stricter that is wrong too often."
    ),
    "introspection": N_(
        "Measures every declared value and its counter-measure by place, authority, category, channel and rule, and"
        " publishes that mirror; it proposes nothing."
    ),
    "misrouting": N_(
        "Watches where cases end. Where a category in an area keeps ending at another authority than the rule names, it"
        " proposes that authority."
    ),
    "prediction": N_(
        "Forecasts the reports of the coming fortnight, and tells the head of an authority before deadlines will be"
        " missed; it proposes nothing."
    ),
    "recurrence": N_(
        "Watches where the same problem comes again after its repairs. It orders the authority to name the cause, and"
        " looks later whether it stayed away; it proposes no rule."
    ),
    "silence": N_(
        "Watches how many reports came in the last one to three days. It tells when a region or a channel is heard of"
        " far less than usual; it proposes nothing."
    ),
    "trial": N_(
        "Watches changes that are tried in a part. It orders the next share, the adoption, the roll back or the end."
    ),
}


def about_loop(loop: str) -> str:
    """Empty for a loop that nobody described here."""
    return _(ABOUT[loop]) if loop in ABOUT else ""
