"""The letter as a PDF: what it says, that it says it the same way every time, and that data never become markup."""

import hashlib
import io
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date

import pytest
import typst
from PIL import Image
from pypdf import PdfReader

from documents.rendering import Balance, Dealer, Letter, Logo, Receiver, Sender, pdf, proof

ISSUED = date(2026, 11, 20)
TRY = Balance("TRY", "Türk lirası", "1.734.567,89", "500.000,00", "1.234.567,89", "debit", "Yalnız bir milyon Türk lirası")
USD = Balance("USD", "ABD doları", "0,00", "12,40", "12,40", "credit", "Yalnız on iki ABD doları kırk sent")
EVEN = Balance("GBP", "İngiliz sterlini", "10,00", "10,00", "0,00", "even", None)
LETTER = Letter(
    locale="tr",
    number="MUT-2026-000123",
    issued_on="20.11.2026",
    as_of="30.09.2026",
    period_start=None,
    accent="#1f3a5f",
    sender=Sender(
        title="Örnek Yapı Malzemeleri A.Ş.",
        address="Ertuğrul Gazi Sok. No: 2/7, Ataşehir",
        city="İstanbul",
        tax_kind="VKN",
        tax_number="4540536920",
        tax_office="Kozyatağı",
        mersis="0454053692000018",
        phone="0216 555 10 20",
        email="muhasebe@ornekyapi.example",
        kep=None,
        contact="Ayşe Yılmaz, Muhasebe Müdürü",
    ),
    receiver=Receiver("Işık Çağlayan Gıda A.Ş.", "VKN", "1234567890", "Beyoğlu", "muhasebe@isik.example", None),
    balances=(TRY,),
    dealers=(),
    legal=None,
    privacy_url="https://ornekyapi.example/kvkk",
)


def text_of(data: bytes) -> str:
    """All that the PDF says, on one line."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


def test_the_letter_says_everything_it_must() -> None:
    said = text_of(pdf(LETTER, issued_on=ISSUED))
    for required in (
        "CARİ HESAP MUTABAKAT MEKTUBU",
        "MUT-2026-000123",
        "20.11.2026",
        "İstanbul",
        "30.09.2026",
        "Örnek Yapı Malzemeleri A.Ş.",
        "Ertuğrul Gazi Sok.",
        "VKN 4540536920",
        "Mersis 0454053692000018",
        "0216 555 10 20",
        "Ayşe Yılmaz, Muhasebe Müdürü",
        "Işık Çağlayan Gıda A.Ş.",
        "Vergi dairesi Beyoğlu · VKN 1234567890",
        "1.734.567,89",
        "500.000,00",
        "1.234.567,89",
        "Yalnız bir milyon Türk lirası şirketimize BORÇLUSUNUZ.",
        "MUTABIKIZ",
        "MUTABIK DEĞİLİZ",
        "Kaşe ve imza",
        "muhasebe@ornekyapi.example adresine gönderin",
        "6102 sayılı Türk Ticaret Kanunu",
        "6698 sayılı",
        "https://ornekyapi.example/kvkk",
        "Sayfa 1 / 1",
    ):
        assert required in said, required


def test_each_currency_has_its_own_line_and_its_own_side() -> None:
    said = text_of(pdf(replace(LETTER, balances=(TRY, USD, EVEN)), issued_on=ISSUED))

    assert "Yalnız on iki ABD doları kırk sent şirketimizden ALACAKLISINIZ." in said
    assert "Hesabınızda bakiye yoktur." in said


def test_dealers_are_listed_with_the_totals_under_them() -> None:
    lines = tuple(Dealer(f"B-{n:03}", "devir", "TRY", "45.210,35", "0,00", "45.210,35", "debit") for n in range(30))

    data = pdf(replace(LETTER, dealers=lines, period_start="01.07.2026"), issued_on=ISSUED)
    said = text_of(data)

    assert "B-000 devir TRY 45.210,35 0,00 45.210,35 B" in said
    assert "B-029" in said
    assert "Toplam TRY 1.734.567,89 500.000,00 1.234.567,89 B" in said
    assert "01.07.2026–30.09.2026 dönemine ait" in said
    assert "Sayfa 2 / 2" in said


def test_english_letters_are_english() -> None:
    said = text_of(pdf(replace(LETTER, locale="en"), issued_on=ISSUED))

    assert "STATEMENT OF ACCOUNT RECONCILIATION" in said
    assert "WE DO NOT AGREE" in said
    assert "you OWE us." in said
    assert "Mutab" not in said


def test_a_receiver_without_a_title_is_called_by_its_number() -> None:
    said = text_of(pdf(replace(LETTER, receiver=replace(LETTER.receiver, title=None)), issued_on=ISSUED))

    assert said.count("VKN 1234567890") == 2  # in place of the title, and in the answer


def test_the_companys_own_legal_sentence_replaces_ours() -> None:
    said = text_of(pdf(replace(LETTER, legal="Yalnız bilgi içindir."), issued_on=ISSUED))

    assert "Yalnız bilgi içindir." in said
    assert "6102" not in said


@pytest.mark.parametrize(
    "title",
    [
        '#read("/etc/passwd") #include "x.typ" #sys.inputs',
        "*kalın* _eğik_ `ham` $x^2$ = Başlık",
        "<script>alert(1)</script> <etiket> @kaynak",
        "{number} {to} {page} \\u{1f} \\n // yorum /* */ ~ -- ...",
        "\"tırnak\" 'kesme' ] ) } #[",
    ],
)
def test_data_are_shown_and_never_obeyed(title: str) -> None:
    """A party may call itself what it likes: the letter shows that, letter by letter."""
    data = pdf(
        replace(
            LETTER,
            receiver=replace(LETTER.receiver, title=title),
            sender=replace(LETTER.sender, contact=title),
            dealers=(Dealer(title, title, "TRY", "1,00", "0,00", "1,00", "debit"),),
            legal=title,
        ),
        issued_on=ISSUED,
    )

    squeezed = "".join(text_of(data).replace("\u200b", "").split())
    assert squeezed.count("".join(title.split())) >= 4


@pytest.mark.parametrize("title", ["北京 العربية 🎉", "Chữ Việt", "a\x00b\x07c\nd\u202ee\ue000", "i\u0307", "", "x" * 400, "  "])
def test_no_title_costs_its_owner_the_letter(title: str) -> None:
    """PDF/A forbids missing glyphs; typst refuses such a document. A name we cannot draw must not do that."""
    assert pdf(replace(LETTER, receiver=replace(LETTER.receiver, title=title)), issued_on=ISSUED).startswith(b"%PDF-1.7")


def test_a_word_without_end_stays_in_its_column() -> None:
    """Runs without a blank are broken: the page's other texts stay where they are, and all letters are there."""
    plain = pdf(replace(LETTER, dealers=(Dealer("b" * 60, "n" * 200, "TRY", "1,00", "0,00", "1,00", "debit"),)), issued_on=ISSUED)

    said = "".join(text_of(plain).split())
    assert said.replace("\u200b", "").count("n" * 200) == 1


def test_fonts_are_embedded_and_only_ours() -> None:
    fonts = set()
    for page in PdfReader(io.BytesIO(pdf(LETTER, issued_on=ISSUED))).pages:
        for reference in page["/Resources"]["/Font"].values():
            descendant = reference.get_object()["/DescendantFonts"][0].get_object()
            assert "/FontFile2" in descendant["/FontDescriptor"]
            fonts.add(descendant["/BaseFont"].partition("+")[2])

    assert fonts == {"NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic"}


def test_the_file_is_tagged_and_says_what_it_is() -> None:
    reader = PdfReader(io.BytesIO(pdf(LETTER, issued_on=ISSUED)))

    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "tr"
    assert reader.metadata is not None
    assert reader.metadata.title == "CARİ HESAP MUTABAKAT MEKTUBU MUT-2026-000123"
    assert reader.metadata.author == "Örnek Yapı Malzemeleri A.Ş."
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == ISSUED
    metadata = reader.trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata


def test_the_same_letter_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "import hashlib, runpy, sys\n"
        "made = runpy.run_path(sys.argv[1], run_name='again')\n"
        "print(hashlib.sha256(made['pdf'](made['LETTER'], issued_on=made['ISSUED'])).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", script, __file__], capture_output=True, text=True, check=True).stdout.strip()

    pdf(replace(LETTER, number="MUT-2026-000124"), issued_on=ISSUED)
    assert hashlib.sha256(pdf(LETTER, issued_on=ISSUED)).hexdigest() == there


def test_threads_render_side_by_side_without_mixing_letters() -> None:
    expected = {f"MUT-2026-{n:06}": pdf(replace(LETTER, number=f"MUT-2026-{n:06}"), issued_on=ISSUED) for n in range(12)}
    made: dict[str, bytes] = {}

    def work(numbers: list[str]) -> None:
        for number in numbers:
            made[number] = pdf(replace(LETTER, number=number), issued_on=ISSUED)

    threads = [threading.Thread(target=work, args=(sorted(expected)[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == expected


def _picture(format_: str) -> bytes:
    whole = io.BytesIO()
    Image.new("RGB", (300, 100), (150, 30, 30)).save(whole, format_)
    return whole.getvalue()


@pytest.mark.parametrize(
    "logo",
    [
        Logo(_picture("png"), "png"),
        Logo(_picture("jpeg"), "jpg"),
        Logo(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 5"><rect width="10" height="5" fill="#933"/></svg>', "svg"),
    ],
    ids=lambda logo: logo.format,
)
def test_a_logo_stands_in_the_letterhead_with_its_owners_name(logo: Logo) -> None:
    proof(logo)
    data = pdf(LETTER, issued_on=ISSUED, logo=logo)

    assert data != pdf(LETTER, issued_on=ISSUED)
    assert "Örnek Yapı Malzemeleri A.Ş." in text_of(data)


def test_a_logo_that_is_no_picture_is_refused() -> None:
    with pytest.raises(typst.TypstError):
        proof(Logo(b"<svg>not a picture", "svg"))
