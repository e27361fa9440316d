"""
subtitles: half an hour of talk, its words timed, laid out as subtitles and written as SRT and VTT.

Beside it the recogniser's own segments, one subtitle each, as most programs write them; and words gathered up to five seconds or a pause, as some do.
"""

import random
import time
from collections import Counter
from statistics import median

from bench.figure import Figure, Options
from transcription.segments import Segment, Word
from transcription.subtitles import Cue, Rules, cues, faults, lost, srt, vtt

WORDS = 3414

_VOCABULARY = """
toplantı rapor müşteri sipariş bakiye mutabakat fatura ödeme gönderildi hazırlandı üçüncü çeyrek satış rakamları kontrol edilecek ve ile ama çünkü
yönetim ekibi yarın sabah değerlendirmesini tamamlayacak karşılaştırmalı muhasebeleştirilmemiş işlemler bu için daha sonra
"""


def measure(options: Options) -> Figure:
    """The processor time of one layout with both files, which is one thread's work: the median of several."""
    talk = spoken(random.Random(20), WORDS // 6 if options.quick else WORDS)
    seconds, processor = [], []
    for _ in range(3 if options.quick else 15):
        wall, cpu = time.perf_counter(), time.process_time()
        made = cues(talk)
        srt(made)
        vtt(made)
        seconds.append(time.perf_counter() - wall)
        processor.append(time.process_time() - cpu)
    bare = [Segment(one.start, one.end, one.text) for one in talk]
    detail = {
        "words": sum(len(one.words) for one in talk),
        "minutes": round(talk[-1].end / 60, 1),
        "cues": len(made),
        "wall_s": round(median(seconds), 3),
        "faults": counted(made),
        "lost_words": len(lost(talk, made)),
        "over_17_cps": sum(cue.speed > Rules().brisk + 0.05 for cue in made),
        "without_word_times": {"faults": counted(cues(bare)), "lost_words": len(lost(bare, cues(bare)))},
    }
    peers = {"segments as they come": counted(raw(talk)), "five seconds or a pause": counted(gathered(talk))}
    shown = ", ".join(f"{name} {sum(found.values())}" for name, found in peers.items())
    remarks = (
        f"{detail['words']:,} words, {detail['minutes']} min: {len(made)} subtitles, {sum(counted(made).values())} rule faults, "
        f"{detail['lost_words']} words lost. Rule faults of {shown}"
    )
    return Figure("subtitles", round(median(processor), 3), "s of processor time", peers, detail, remarks)


def spoken(rnd: random.Random, count: int) -> list[Segment]:
    """Sentences of Turkish words at 12 to 19 characters a second, with pauses at commas and between sentences; as many words as asked for."""
    vocabulary, said, at = _VOCABULARY.split(), [], 0.0
    while count:
        length, rate, words = min(count, rnd.randint(5, 22)), rnd.choice([12, 14, 15, 16, 19]), []
        for place in range(length):
            word = rnd.choice(vocabulary) + ("." if place == length - 1 else "," if rnd.random() < 0.12 else "")
            end = at + max(0.08, (len(word) + 1) / rate)
            words.append(Word(at, at + (end - at) * 0.95, f" {word}"))
            at = end + (rnd.uniform(0.1, 0.35) if word.endswith(",") else 0)
        said.append(Segment(words[0].start, words[-1].end, "".join(word.text for word in words), tuple(words)))
        at += rnd.choice([0.15, 0.3, 0.5, 1.2, 2.5])
        count -= length
    return said


def raw(talk: list[Segment]) -> list[Cue]:
    """A subtitle for each segment."""
    return [Cue(one.start, one.end, (one.text.strip(),)) for one in talk]


def gathered(talk: list[Segment]) -> list[Cue]:
    """Words gathered until five seconds or half a second of silence, broken into lines where they are full."""
    words = [word for one in talk for word in one.words]
    groups: list[list[Word]] = [[words[0]]]
    for word in words[1:]:
        if word.end - groups[-1][0].start > 5 or word.start - groups[-1][-1].end > 0.5:
            groups.append([])
        groups[-1].append(word)
    return [Cue(group[0].start, group[-1].end, filled([word.text.strip() for word in group])) for group in groups]


def filled(words: list[str]) -> tuple[str, ...]:
    """Lines of at most 42 characters, each as full as it may be."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= Rules().width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def counted(made: list[Cue]) -> dict[str, int]:
    """Broken rules, each with how often."""
    return dict(Counter(fault.rule for fault in faults(made)))
