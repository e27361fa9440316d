"""The pages' words for what has a name inside. Pairs are (English, Turkish)."""

Pair = tuple[str, str]

#: How the last look at a product ended.
OUTCOMES: dict[str, Pair] = {
    "ok": ("read", "okundu"),
    "unchanged": ("unchanged", "değişmedi"),
    "unconfirmed": ("to be confirmed", "doğrulanacak"),
    "ambiguous": ("ambiguous", "belirsiz"),
    "no_price": ("no price found", "fiyat yok"),
    "blocked": ("blocked", "engellendi"),
    "gone": ("page is gone", "sayfa yok"),
    "forbidden": ("not allowed", "izin yok"),
    "error": ("error", "hata"),
}

TIERS: dict[str, Pair] = {"0": ("high", "yüksek"), "1": ("medium", "orta"), "2": ("low", "düşük")}

WATCHES: dict[str, Pair] = {
    "target": ("Target price", "Hedef fiyat"),
    "drop": ("Falls by", "Şu kadar düşünce"),
    "lowest": ("Lowest in days", "Günlerin en düşüğü"),
    "back_in_stock": ("Back in stock", "Yeniden stokta"),
    "any_change": ("Any change", "Her değişiklik"),
    "fake_discount": ("Inflated discount", "Şişirilmiş indirim"),
}

DEAL_STATES: dict[str, Pair] = {
    "created": ("To review", "İncelenecek"),
    "published": ("Published", "Yayında"),
    "ended": ("Ended", "Biten"),
}

DEAL_RULES: dict[str, Pair] = {
    "average": ("below the 30-day average", "30 günlük ortalamanın altında"),
    "previous": ("below the price before", "önceki fiyatın altında"),
}

#: The same with its percentage.
FALLS: dict[str, Pair] = {
    "average": ("{} below the 30-day average", "30 günlük ortalamanın {} altında"),
    "previous": ("{} below the price before", "önceki fiyatın {} altında"),
}

END_REASONS: dict[str, Pair] = {
    "price_rose": ("the price rose", "fiyat yükseldi"),
    "out_of_stock": ("out of stock", "stok bitti"),
    "superseded": ("a better one followed", "daha iyisi çıktı"),
    "expired": ("too old", "süresi doldu"),
    "rejected": ("rejected", "reddedildi"),
    "closed": ("ended by a person", "elle bitirildi"),
}

POLICIES: dict[str, Pair] = {
    "page": ("Pages are read", "Sayfalar okunur"),
    "api": ("Interface or feed only", "Yalnızca arayüz ya da liste"),
    "forbidden": ("Never asked", "Hiç sorulmaz"),
}

#: Where on the page a price was read.
SOURCES: dict[str, Pair] = {
    "json-ld": ("structured data (JSON-LD)", "yapılandırılmış veri (JSON-LD)"),
    "meta": ("meta tags", "meta etiketleri"),
    "microdata": ("microdata", "mikro veri"),
    "rule": ("the store's own rule", "mağazanın kendi kuralı"),
    "guess": ("a guess", "tahmin"),
    "feed": ("feed", "ürün listesi"),
}

ORDERS: dict[str, Pair] = {
    "newest": ("Newest first", "En yeni"),
    "changed": ("Changed last", "Son değişen"),
    "price": ("Cheapest first", "En ucuz"),
    "price_falling": ("Dearest first", "En pahalı"),
    "title": ("By name", "Ada göre"),
    "priority": ("Most urgent first", "En öncelikli"),
}
