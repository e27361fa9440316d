"""The pages' words for what has a name inside. Pairs are (English, Turkish)."""

from imece.text import sort_key
from transcription.exports.languages import NAMES
from transcription.models import Stage
from transcription.recordings import Standing

Pair = tuple[str, str]

#: How a recording stands, by its job's state; while that is at work, its stage says it better.
STATES: dict[str, Pair] = {
    "scheduled": ("Scheduled", "Zamanlandı"),
    "queued": ("Waiting its turn", "Sırada"),
    "running": ("At work", "Çalışıyor"),
    "retrying": ("Will be tried again", "Yeniden denenecek"),
    "waiting": ("At work", "Çalışıyor"),
    "succeeded": ("Ready", "Hazır"),
    "failed": ("Failed", "Başarısız"),
    "cancelled": ("Cancelled", "İptal edildi"),
}

STAGES: dict[str, Pair] = {
    Stage.FETCHING: ("Being fetched", "İndiriliyor"),
    Stage.PREPARING: ("Being prepared", "Hazırlanıyor"),
    Stage.LISTENING: ("Listening", "Dinleniyor"),
    Stage.DONE: ("Ready", "Hazır"),
}

#: Models by size, with what each is good for.
MODELS: dict[str, Pair] = {
    "tiny": ("tiny: a first impression", "tiny: ilk izlenim"),
    "base": ("base: quick", "base: hızlı"),
    "small": ("small: good", "small: iyi"),
    "medium": ("medium: better, slow", "medium: daha iyi, yavaş"),
    "turbo": ("turbo: best on a processor", "turbo: işlemcide en iyisi"),
    "large-v3": ("large-v3: best, for a graphics card", "large-v3: en iyisi, ekran kartı için"),
}

#: Languages that a recording may be in, by the language of the page: code and name, those of our readers first, the others in its alphabet.
SPOKEN: dict[str, list[tuple[str, str]]] = {
    locale: [
        (code, NAMES[code][place])
        for code in sorted(NAMES, key=lambda code: (code not in ("tr", "en"), code != "tr", sort_key(NAMES[code][place])))
    ]
    for place, locale in enumerate(("en", "tr"))
}

FORMATS: dict[str, Pair] = {
    "docx": ("Word", "Word"),
    "txt": ("Text", "Metin"),
    "srt": ("SRT subtitles", "SRT altyazı"),
    "vtt": ("WebVTT subtitles", "WebVTT altyazı"),
    "md": ("Markdown", "Markdown"),
    "json": ("JSON", "JSON"),
}


#: Rules of subtitles, by how they are broken.
RULES: dict[str, Pair] = {
    "width": ("a line is too long", "satır çok uzun"),
    "lines": ("too many lines", "çok fazla satır"),
    "empty": ("empty", "boş"),
    "shortest": ("too short to be read", "okunamayacak kadar kısa"),
    "longest": ("stays too long", "çok uzun kalıyor"),
    "fastest": ("too fast to be read, as the speech is", "konuşma gibi, okunamayacak kadar hızlı"),
    "gap": ("too close to the next one", "sonrakine çok yakın"),
    "order": ("overlaps the next one", "sonrakiyle çakışıyor"),
}


def state_of(standing: Standing) -> Pair:
    """How a recording stands, in a word."""
    if standing.state in ("running", "waiting") and standing.recording.stage != Stage.DONE:
        return STAGES[standing.recording.stage]
    return STATES[standing.state]


def bigger(model: str) -> str:
    """The model that is worth trying where `model` was not sure."""
    order = list(MODELS)
    return order[min(order.index(model) + 1, len(order) - 1)] if model in order else "small"
