"""Turkish or English: which one the reader wants, and the words for what a machine said in English."""

from collections.abc import Mapping
from typing import Any, Literal

from imece import config

Locale = Literal["tr", "en"]


def wanted(accept_language: str | None, chosen: str | None = None) -> Locale:
    """The language to answer in: what the person chose, else the first of theirs that we speak, else `IMECE_LOCALE`."""
    if chosen in ("tr", "en"):
        return "tr" if chosen == "tr" else "en"
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate((accept_language or "")[:200].split(",")):
        name, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if weight > 0:
            ranked.append((-weight, place, name.lower().partition("-")[0]))
    for _, _, name in sorted(ranked):
        if name == "tr":
            return "tr"
        if name == "en":
            return "en"
    return config.settings().locale


def known(name: str) -> Locale | None:
    """The language called `name`, if we speak it."""
    return "tr" if name == "tr" else "en" if name == "en" else None


def of(note: Mapping[str, Any] | None, locale: Locale) -> str | None:
    """The sentence of a two-language note or error in `locale`, or in the other one where it is missing."""
    if not note:
        return None
    found = note.get(locale) or note.get("en") or note.get("tr")
    return str(found) if found is not None else None


#: Titles of HTTP states, where http.HTTPStatus has only English.
_TITLES_TR = {
    400: "Hatalı istek",
    401: "Giriş gerekli",
    403: "Yetki yok",
    404: "Bulunamadı",
    405: "Bu yöntem kullanılamaz",
    408: "İstek zaman aşımına uğradı",
    409: "Durum uygun değil",
    411: "Uzunluk gerekli",
    413: "Çok büyük",
    415: "Bu içerik türü kabul edilmiyor",
    422: "İstek geçersiz",
    429: "Çok fazla istek",
    500: "Beklenmeyen hata",
    502: "Hizmetten yanıt alınamadı",
    503: "Şu anda hizmet verilemiyor",
    504: "Zamanında yanıt gelmedi",
    507: "Yer kalmadı",
}


#: Those whose English phrase says nothing to a reader who has filled in a form.
_TITLES_EN = {422: "Not a valid request"}


def title(status: int, phrase: str, locale: Locale) -> str:
    """The short name of an HTTP status, for a reader; `phrase` is the standard's."""
    return (_TITLES_TR if locale == "tr" else _TITLES_EN).get(status, phrase)


#: pydantic's error types in Turkish; `{...}` are filled from the error's own context.
_FAULTS_TR = {
    "missing": "Bu alan gerekli.",
    "extra_forbidden": "Böyle bir alan yok.",
    "json_invalid": "Geçerli JSON değil.",
    "model_type": "Bir JSON nesnesi bekleniyor.",
    "model_attributes_type": "Bir JSON nesnesi bekleniyor.",
    "dict_type": "Bir JSON nesnesi bekleniyor.",
    "list_type": "Bir liste bekleniyor.",
    "tuple_type": "Bir liste bekleniyor.",
    "string_type": "Metin bekleniyor.",
    "string_too_short": "En az {min_length} karakter olmalı.",
    "string_too_long": "En çok {max_length} karakter olabilir.",
    "string_pattern_mismatch": "Biçim uygun değil; beklenen: {pattern}",
    "int_type": "Tam sayı bekleniyor.",
    "int_parsing": "Tam sayı bekleniyor.",
    "bool_type": "true ya da false bekleniyor.",
    "bool_parsing": "true ya da false bekleniyor.",
    "literal_error": "Şunlardan biri olmalı: {expected}",
    "enum": "Şunlardan biri olmalı: {expected}",
    "uuid_parsing": "Geçerli bir kimlik (UUID) değil.",
    "uuid_type": "Bir kimlik (UUID) bekleniyor.",
    "date_type": "YYYY-AA-GG biçiminde bir tarih bekleniyor.",
    "date_from_datetime_parsing": "YYYY-AA-GG biçiminde bir tarih bekleniyor.",
    "datetime_from_date_parsing": "ISO 8601 biçiminde bir zaman bekleniyor.",
    "timezone_aware": "Zaman, saat dilimiyle verilmeli (örneğin 2026-11-20T09:00:00+03:00).",
    "greater_than_equal": "En az {ge} olmalı.",
    "less_than_equal": "En çok {le} olabilir.",
}


def fault(error: Mapping[str, Any], locale: Locale) -> str:
    """What pydantic says about one field, in the reader's language."""
    text = _FAULTS_TR.get(error["type"]) if locale == "tr" else None
    if text is None:
        return f"{error['msg']}." if not str(error["msg"]).endswith(".") else str(error["msg"])
    try:
        return text.format(**error.get("ctx", {}))
    except (KeyError, IndexError):
        return text
