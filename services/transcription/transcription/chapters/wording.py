"""The words that a chapter is found and named by."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import log

from imece import text

#: Letters of a word that count: a stemmer that suits Turkish, where endings follow endings, and does English no harm.
_STEM = 5
_LONGEST = 60

_WORD = re.compile(r"[^\W\d_]{2,}(?:['’][^\W\d_]+)?")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TURKISH = _set(
    """
    acaba ama ancak artık aslında ayrıca az bana başka bazı belki ben beni benim beri bile bir biraz birçok biri birkaç birlikte birşey biz bize bizi bizim böyle
    böylece bu buna bunda bundan bunlar bunları bunların bunu bunun burada buraya çok çünkü da daha dahi de değil diğer diye dolayı edecek eden ederek edildi
    edilir ediliyor ediyor ediyoruz eğer elbette en etmek etti ettik ettiğini evet falan fakat filan gerek gerekiyor gibi göre hangi hani hatta hayır hem hemen
    hep hepsi her herhangi herkes hiç için içinde ile ilgili ise işte kadar karşı kendi kez ki kim kimi mi mı mu mü nasıl ne neden nerede niye o olacak olan olarak
    oldu olduğu olduğunu olmak olması olmuş olsa olsun olup olur oluyor ona ondan onlar onları onların onu onun orada oysa oysaki öyle önce pek peki rağmen sadece
    sana sanki sen seni senin siz size sizi sizin son sonra şey şeyi şeyler şekilde şimdi şöyle şu şuna şunu ta tabi tabii tam tamam tane tüm üzere üzerinde var
    vardı ve veya ya yani yapacak yapacağız yapıyor yapıyoruz yapmak yaptı yaptık yapılır yapar yeni yerine yine yok yoksa zaman zaten bakalım diyelim mesela
    arkadaşlar olabilir konu konusu konuda konumuz iyi hoş merhaba geldiniz görüşmek günler teşekkür teşekkürler sayın efendim lütfen
    """
)
_ENGLISH = _set(
    """
    a about above actually after again all also always am an and any are aren't as at back be because been before being below between both but by came can can't
    come could couldn't did didn't do does doesn't doing don't done down each else even ever every few first for from further get gets getting give go goes going
    gonna good got great had has hasn't have haven't having he her here hers him his how however i i'd i'll i'm i've if in into is isn't it it's its itself just
    kind know last let let's like little look lot made make makes many may maybe me mean might more most much must my need never new no not nothing now of off oh
    ok okay on once one only or other our out over own people perhaps put quite rather really right said same say says see seem shall she should since so some
    something still such sure take tell than that that's the their them then there there's these they they're thing things think this those though through time to
    too two uh um hello welcome thank thanks please under until up upon us use used using very want was wasn't way we we'll we're we've well went were what what's when where which while who whom
    why will with within without won't would yeah yes yet you you'll you're you've your
    """
)


def words(said: str, language: str) -> list[str]:
    """The words of a text that say something, in small letters, in their order."""
    idle = idle_words(language)
    return [word for word in every(said, language) if word not in idle]


def every(said: str, language: str) -> list[str]:
    """All words of a text in small letters, an apostrophe's ending left off."""
    small = text.lower(said) if language == "tr" else said.lower()
    found = _WORD.findall(small.replace("’", "'"))
    return [word.partition("'")[0] if language == "tr" else word for word in found]


def idle_words(language: str) -> frozenset[str]:
    """Words that say nothing about a subject."""
    return {"tr": _TURKISH, "en": _ENGLISH}.get(language, _TURKISH | _ENGLISH)


def stem(word: str) -> str:
    """What words of one root share."""
    return word[:_STEM]


def titles(parts: Sequence[Sequence[str]], language: str) -> list[str]:
    """
    For each part, given as its sentences, up to three words or pairs of words that set it apart from the others, as a title of at most 60 characters.

    A part in which no word stands out is numbered. Words appear as they were said most often.
    """
    bags = [_terms(part, language) for part in parts]
    shared = Counter(term for bag in bags for term in bag)
    forms = _forms(parts, language)
    found = []
    for number, bag in enumerate(bags, 1):
        total = sum(bag.values())
        weight = {
            t: n / total * log(1 + len(bags) / shared[t]) * (1.6 if " " in t else 1.0) * (1.0 if n > 1 else 0.4) for t, n in bag.items()
        }
        chosen = _chosen(sorted(weight, key=lambda term: (-weight[term], term)), forms)
        found.append(_capital(", ".join(chosen), language) or (f"Bölüm {number}" if language == "tr" else f"Chapter {number}"))
    return found


def _terms(part: Sequence[str], language: str) -> Counter[str]:
    """The roots of a part's words, and pairs of them that follow each other at least twice, with how often."""
    idle = idle_words(language)
    singles: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    for sentence in part:
        said = [stem(word) if len(word) > 2 and word not in idle else "" for word in every(sentence, language)]
        singles.update(root for root in said if root)
        pairs.update(f"{before} {after}" for before, after in pairwise(said) if before and after)
    return singles + Counter({pair: count for pair, count in pairs.items() if count > 1})


def _chosen(terms: Sequence[str], forms: dict[str, str]) -> list[str]:
    """The first three terms of different roots that fit into a title."""
    chosen: list[str] = []
    used: set[str] = set()
    for term in terms[:40]:
        roots = term.split()
        shown = " ".join(forms.get(root, root) for root in roots)
        if not any(_akin(root, other) for root in roots for other in used) and len(", ".join([*chosen, shown])) <= _LONGEST:
            chosen.append(shown)
            used.update(roots)
        if len(chosen) == 3:
            break
    return chosen


def _akin(one: str, other: str) -> bool:
    """Whether two roots are of one word: `depo` and `depon` are."""
    return one.startswith(other) or other.startswith(one)


def _forms(parts: Sequence[Sequence[str]], language: str) -> dict[str, str]:
    """How each root is written most often, where it does not begin a sentence if it can be helped: a name keeps its capital."""
    inside: dict[str, Counter[str]] = {}
    first: dict[str, Counter[str]] = {}
    for sentence in (sentence for part in parts for sentence in part):
        for place, word in enumerate(_WORD.findall(sentence.replace("’", "'"))):
            plain = word.partition("'")[0] if language == "tr" else word
            small = text.lower(plain) if language == "tr" else plain.lower()
            (inside if place else first).setdefault(stem(small), Counter())[plain if place else small] += 1
    return {root: max(counts, key=lambda form: (counts[form], -len(form), form)) for root, counts in (first | inside).items()}


def _capital(title: str, language: str) -> str:
    first = text.upper(title[:1]) if language == "tr" else title[:1].upper()
    return first + title[1:]
