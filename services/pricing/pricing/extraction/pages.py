"""Pages that are not the shop's: robot checks, consent walls, refusals, which all may come with status 200, and what is no page at all."""

import re

from selectolax.lexbor import LexborHTMLParser

_TITLES = re.compile(
    r"just a moment|attention required|access (?:to this page )?(?:has been )?denied|robot check|are you (?:a )?(?:human|robot)|not a robot|pardon our interruption|"
    r"security (?:check|verification)|captcha|verify (?:that )?you|bot verification|human verification|request (?:blocked|rejected)|403 forbidden|^forbidden|"
    r"too many requests|ddos|checking your browser|unusual traffic|before you continue|you have been blocked|service unavailable|"
    r"güvenlik (?:doğrulama|kontrol)|erişim(?:iniz)? engellendi|erişim (?:reddedildi|kısıtlandı)|robot (?:değil|olmad|kontrol)|bot kontrol|doğrulama gerekli|"
    r"bir dakika lütfen|çok fazla istek|insan olduğunuzu|yetkisiz erişim"
)  # fmt: skip
_WORDS = re.compile(
    r"enter the characters you see|type the characters|i'?m not a robot|ben robot değilim|robot olmadığınızı|insan olduğunuzu doğrula|unusual (?:traffic|activity)|"
    r"automated (?:access|requests|queries)|verify (?:that )?you(?: a|')re (?:a )?human|checking your browser|complete the security check|"
    r"access to this (?:page|site) (?:has been|is) (?:denied|blocked)|your ip(?: address)? (?:has been|was) blocked|you have been blocked|"
    r"ip adresiniz|erişiminiz (?:geçici olarak )?engellen|olağan ?dışı (?:trafik|hareket)|otomatik (?:istek|trafik|sorgu)|güvenlik doğrulama|"
    r"press (?:&|and) hold|slide to verify|solve (?:this|the) (?:puzzle|captcha)|reference #[\d.]{6,}|ray id"
)  # fmt: skip
_CONSENT = re.compile(
    r"before you continue to|consent to (?:the use of )?cookies|we value your privacy|we (?:and our partners )?use cookies|accept all cookies|accept all|"
    r"çerez(?:leri)? (?:kabul|tercih|politika)|tümünü kabul et|gizliliğinize (?:önem|değer)|aydınlatma metni|alle akzeptieren|tout accepter"
)  # fmt: skip
_MARKS = (
    b"challenges.cloudflare.com", b"/cdn-cgi/challenge-platform", b"cf-chl-", b"captcha-delivery.com", b"px-captcha", b"_Incapsula_Resource", b"/_sec/cp_challenge",
    b"validateCaptcha", b"awswaf", b"g-recaptcha", b"h-captcha", b"distil_r_captcha", b"captcha",
)  # fmt: skip
_SILENT = frozenset(["script", "style", "noscript", "template"])

#: Letters of visible text below which a page with such words has nothing else to say.
_SHORT, _CONSENT_SHORT = 1500, 4000


def is_page(body: bytes) -> bool:
    """Whether it can be a web page at all: text, not a picture, a PDF or an archive."""
    head = body[:1024]
    return head.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        b"\x00" not in head and not head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"PK\x03\x04"))
    )


def blocked_by(page: bytes, tree: LexborHTMLParser) -> str | None:
    """What stands in the way of a page without a price: `robot check`, `refusal` or `consent wall`; None where it seems to be the shop's own."""
    titled = tree.css_first("title")
    title = titled.text(strip=True)[:200].replace("İ", "i").casefold() if titled is not None else ""
    text = _text(tree)
    if (found := _TITLES.search(title)) and len(text) < _CONSENT_SHORT:
        return "consent wall" if "continue" in found[0] else "refusal" if re.search("denied|forbidden|engel", found[0]) else "robot check"
    if len(text) < _SHORT and (_WORDS.search(text) or any(mark in page for mark in _MARKS)):
        return "robot check"
    if len(text) < _CONSENT_SHORT and _CONSENT.search(text) and not tree.css_first("h1,[itemprop],[class*=product]"):
        return "consent wall"
    return None


def _text(tree: LexborHTMLParser) -> str:
    """The beginning of what a person would read, in small letters."""
    told, length, silent = [], 0, False
    root = tree.body or tree.root
    for node in root.traverse(include_text=True, skip_empty=True) if root is not None else ():
        if not node.is_text_node:
            silent = node.tag in _SILENT
        elif silent:
            silent = False
        else:
            told.append((node.text_content or "").strip())
            length += len(told[-1])
            if length > _CONSENT_SHORT:
                break
    return " ".join(told).replace("İ", "i").casefold()
