"""Where a line, or a subtitle, may end well: after punctuation, before a conjunction, never between words that belong together."""

import re
import unicodedata
from collections.abc import Sequence

_CLOSING = "\"'”’»)]}"
_SENTENCE = re.compile(rf"[.!?…。！？؟][{re.escape(_CLOSING)}]*$")
_CLAUSE = re.compile(rf"[,;:，、—–][{re.escape(_CLOSING)}]*$")
_ABBREVIATION = re.compile(r"^(?:\w\.)+$|^(?:dr|av|prof|doç|mr|mrs|ms|st|no|vb|vs|örn|bkz)\.$")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that a line begins well with, in Turkish and in English: what follows belongs to them.
LEADERS = _set(
    """
    ve veya ya yahut ama fakat ancak lakin çünkü zira oysa hem eğer yani hatta üstelik ayrıca
    and or but nor because that which who whom whose what how why whether when where while if so than although though unless until since as
    to of with in on at for from by into about after before between through during without
    """
)
#: Words that a line never begins with: they lean on the word before. `de`, `mi`, `ile` and the like are written apart and belong to it.
LEANING = _set("da de ta te ki mi mı mu mü ile ise idi iken imiş için gibi kadar göre diye dek beri rağmen karşı")
#: Words that a line never ends with: they point at the word after.
POINTING = _set("bir bu şu o her en çok daha a an the my your his her its our their no not very") | LEADERS


def key(word: str) -> str:
    """How a word is looked up: small, without punctuation."""
    return word.replace("İ", "i").lower().strip(".,;:!?…\"'“”’«»()[]{}—–")


def ends_sentence(word: str) -> bool:
    """Whether a sentence ends with this word; an abbreviation or an initial ends none."""
    return bool(_SENTENCE.search(word)) and not _ABBREVIATION.match(word.replace("İ", "i").lower())


def ends_clause(word: str) -> bool:
    """Whether a part of a sentence ends with this word."""
    return bool(_CLAUSE.search(word))


def cost(before: str, after: str) -> float:
    """How bad it is to break between two words: 0 after a sentence, more where they belong together."""
    if ends_sentence(before):
        return 0.0
    left, right = key(before), key(after)
    together = (12 if right in LEANING else 0) + (10 if left in POINTING and not ends_clause(before) else 0)
    if ends_clause(before):
        return 4.0 + together
    return 22.0 + together - (6 if right in LEADERS else 0)


def lines(words: Sequence[str], width: int) -> tuple[str, ...]:
    """The words in one line, or in the best two. Raises ValueError where two lines of `width` do not hold them."""
    whole = " ".join(words)
    if len(whole) <= width:
        return (whole,)
    best: tuple[float, int] | None = None
    length = -1
    for place in range(1, len(words)):
        length += len(words[place - 1]) + 1
        rest = len(whole) - length - 1
        if length > width or rest > width:
            continue
        # Two lines of one length are read best; where they cannot be, the lower one is the longer.
        bad = abs(length - rest) * 0.5 + (2 if length > rest else 0) + cost(words[place - 1], words[place])
        if best is None or bad < best[0]:
            best = bad, place
    if best is None:
        raise ValueError(whole)
    return " ".join(words[: best[1]]), " ".join(words[best[1] :])


def pieces(word: str, width: int) -> list[str]:
    """A word that is longer than a line in pieces that are not, cut at its hyphens and slashes where it has any; joined they are the word again."""
    found = []
    while len(word) > width:
        cut = max((word.rfind(sign, width // 2, width) + 1 for sign in "-–/.,、，。_&="), default=0) or width
        while cut > 1 and unicodedata.combining(word[cut]):
            cut -= 1
        found.append(word[:cut])
        word = word[cut:]
    return [*found, word]
