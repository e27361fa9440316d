"""What is asked of a listener, and what it gives back."""

from dataclasses import dataclass

from imece.errors import Permanent
from transcription.segments import Segment

#: How many ways of writing a window are kept in mind, unless somebody wishes otherwise; and of one that came out unsure: see `decoding`.
BEAM, WIDE = 1, 5


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch in which somebody speaks: at most 23 seconds, cut where nobody does. Its `index` is its place in the plan."""

    index: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Wish:
    """
    How to listen. `language` is a code of Whisper's (`tr`), to be `detect`ed beforehand where it is not known.

    `translate` writes English whatever is spoken. `initial_prompt` sets the style, `hotwords` are words to expect, parted by blanks or commas: both are
    given to every window alike. Without `words` a segment keeps its times and loses those of its words. `beam_size` None is `BEAM`, and
    `WIDE` where that is unsure.
    """

    language: str | None = None
    translate: bool = False
    initial_prompt: str | None = None
    hotwords: str | None = None
    beam_size: int | None = None
    words: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """
    What was heard in a window.

    `second_try`: the first was in doubt, and this is the better of the two. `dropped`: nothing was said, or what was written was invented; then there
    are no segments.
    """

    window: Window
    segments: tuple[Segment, ...] = ()
    avg_logprob: float = 0.0
    second_try: bool = False
    dropped: bool = False

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(segment.text for segment in self.segments).strip()


#: Codes of the languages that Whisper knows. Source: the tokenizer of openai/whisper (`LANGUAGES`), `yue` since large-v3.
_CODES = (
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln "
    "lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo "
    "yue zh"
)
LANGUAGES = frozenset(_CODES.split())


def checked(language: str | None) -> str | None:
    """The code as we write it; None stays None, and `auto` becomes it. Raises Permanent for a language that nobody here understands."""
    if language is None or language.strip().lower() in {"", "auto"}:
        return None
    code = language.strip().lower().partition("-")[0].partition("_")[0]
    if code not in LANGUAGES:
        raise Permanent(
            f"{language!r} is no language that Whisper knows; use a code such as tr, en or de, or leave it out.",
            f"{language!r} Whisper'ın bildiği bir dil değil; tr, en, de gibi bir kod kullanın ya da boş bırakın.",
        )
    return code
