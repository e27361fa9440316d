"""Currencies: the codes, signs and words that workbooks and letters use for them. ISO 4217; a currency not listed here is refused, never guessed."""

from dataclasses import dataclass

from imece.text import fold


@dataclass(frozen=True, slots=True)
class Currency:
    """
    One currency. `digits` is how many decimals an amount of it has.

    `tr` is (major, minor) as Turkish says them after a number; `en` is (major, majors, minor, minors). `spellings` are what people type
    besides the code.
    """

    code: str
    digits: int
    tr: tuple[str, str]
    en: tuple[str, str, str, str]
    spellings: tuple[str, ...] = ()


_LISTED = (
    Currency(
        "TRY",
        2,
        ("Türk lirası", "kuruş"),
        ("Turkish lira", "Turkish liras", "kuruş", "kuruş"),
        ("₺", "TL", "Türk lirası", "lira", "Turkish lira"),
    ),
    Currency(
        "USD",
        2,
        ("ABD doları", "sent"),
        ("US dollar", "US dollars", "cent", "cents"),
        ("$", "US$", "dolar", "ABD doları", "Amerikan doları", "dollar", "US dollar"),
    ),
    Currency("EUR", 2, ("avro", "sent"), ("euro", "euros", "cent", "cents"), ("€", "EURO", "avro", "yuro")),
    Currency(
        "GBP",
        2,
        ("İngiliz sterlini", "peni"),
        ("pound sterling", "pounds sterling", "penny", "pence"),
        ("£", "STG", "sterlin", "İngiliz sterlini", "pound", "sterling"),
    ),
    Currency(
        "CHF", 2, ("İsviçre frangı", "santim"), ("Swiss franc", "Swiss francs", "centime", "centimes"), ("İsviçre frangı", "Swiss franc")
    ),
    Currency("JPY", 0, ("Japon yeni", ""), ("Japanese yen", "Japanese yen", "", ""), ("¥", "yen", "Japon yeni")),
    Currency("CNY", 2, ("Çin yuanı", "fen"), ("Chinese yuan", "Chinese yuan", "fen", "fen"), ("RMB", "yuan", "Çin yuanı")),
    Currency("RUB", 2, ("Rus rublesi", "kopek"), ("Russian rouble", "Russian roubles", "kopeck", "kopecks"), ("₽", "ruble", "Rus rublesi")),
    Currency(
        "UAH", 2, ("Ukrayna grivnası", "kopiyka"), ("Ukrainian hryvnia", "Ukrainian hryvnias", "kopiyka", "kopiykas"), ("₴", "grivna")
    ),
    Currency(
        "AZN", 2, ("Azerbaycan manatı", "kepik"), ("Azerbaijani manat", "Azerbaijani manats", "gapik", "gapiks"), ("₼", "Azerbaycan manatı")
    ),
    Currency("GEL", 2, ("Gürcistan larisi", "tetri"), ("Georgian lari", "Georgian laris", "tetri", "tetri"), ("₾", "lari")),
    Currency("KZT", 2, ("Kazak tengesi", "tiyin"), ("Kazakhstani tenge", "Kazakhstani tenge", "tiyn", "tiyns"), ("₸", "tenge")),
    Currency("SAR", 2, ("Suudi Arabistan riyali", "halala"), ("Saudi riyal", "Saudi riyals", "halala", "halalas"), ("Suudi riyali",)),
    Currency("AED", 2, ("BAE dirhemi", "fils"), ("UAE dirham", "UAE dirhams", "fils", "fils"), ("BAE dirhemi", "dirhem")),
    Currency("QAR", 2, ("Katar riyali", "dirhem"), ("Qatari riyal", "Qatari riyals", "dirham", "dirhams"), ("Katar riyali",)),
    Currency("KWD", 3, ("Kuveyt dinarı", "fils"), ("Kuwaiti dinar", "Kuwaiti dinars", "fils", "fils"), ("Kuveyt dinarı",)),
    Currency("IQD", 3, ("Irak dinarı", "fils"), ("Iraqi dinar", "Iraqi dinars", "fils", "fils"), ("Irak dinarı",)),
    Currency("BGN", 2, ("Bulgar levası", "stotinka"), ("Bulgarian lev", "Bulgarian leva", "stotinka", "stotinki"), ("leva",)),
    Currency("RON", 2, ("Rumen leyi", "ban"), ("Romanian leu", "Romanian lei", "ban", "bani"), ("Rumen leyi",)),
    Currency("PLN", 2, ("Polonya zlotisi", "grosz"), ("Polish zloty", "Polish zlotys", "grosz", "grosz"), ("zloti", "zloty")),
    Currency("SEK", 2, ("İsveç kronu", "öre"), ("Swedish krona", "Swedish kronor", "öre", "öre"), ("İsveç kronu",)),
    Currency("NOK", 2, ("Norveç kronu", "öre"), ("Norwegian krone", "Norwegian kroner", "øre", "øre"), ("Norveç kronu",)),
    Currency("DKK", 2, ("Danimarka kronu", "öre"), ("Danish krone", "Danish kroner", "øre", "øre"), ("Danimarka kronu",)),
    Currency("CAD", 2, ("Kanada doları", "sent"), ("Canadian dollar", "Canadian dollars", "cent", "cents"), ("Kanada doları",)),
    Currency("AUD", 2, ("Avustralya doları", "sent"), ("Australian dollar", "Australian dollars", "cent", "cents"), ("Avustralya doları",)),
)

CURRENCIES = {currency.code: currency for currency in _LISTED}

_SPELLINGS = {(fold(spelling) or spelling): currency.code for currency in _LISTED for spelling in (currency.code, *currency.spellings)}


def code_of(text: str) -> str | None:
    """The ISO code that `text` names (`TL`, `₺`, `Dolar`, ` eur `), or None."""
    text = text.strip()
    return _SPELLINGS.get(fold(text) or text)
