"""Claims about the language of templates: little, safe, and strict about what is missing."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece.errors import Invalid, Permanent
from notify.texts import rendering
from notify.texts.rendering import Missing


def test_values_are_written_as_the_language_writes_them() -> None:
    source = "Sayın {{ ad|baslik }}, {{ tutar|para }} ({{ tutar|para('USD') }}) {{ vade|tarih }} / {{ vade|tarih('uzun') }} {{ adet|sayi }}"
    values = {"ad": "AYŞE ILGAZ", "tutar": Decimal("1234.5"), "vade": "2026-11-29", "adet": 12000}

    assert rendering.render(source, values, "tr") == (
        "Sayın Ayşe Ilgaz, 1.234,50 TL (1.234,50 USD) 29.11.2026 / 29 Kasım 2026 Pazar 12.000"
    )
    english = "{{ tutar|money }} {{ vade|date }} / {{ vade|date('long') }} {{ adet|number }}"
    assert rendering.render(english, values, "en") == "TRY 1,234.50 29 Nov 2026 / Sunday, 29 November 2026 12,000"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1.234,50", "1.234,50 TL"),
        ("1234.5", "1.234,50 TL"),
        ("1.234", "1.234,00 TL"),
        ("1,234.5", "1.234,50 TL"),
        (-5, "-5,00 TL"),
        ("0", "0,00 TL"),
    ],
)
def test_an_amount_may_come_as_a_spreadsheet_has_it(value: object, written: str) -> None:
    assert rendering.render("{{ t|para }}", {"t": value}, "tr") == written


@pytest.mark.parametrize(
    "value", ["29.11.2026", "29/11/2026", "2026-11-29", "2026-11-29T23:30:00", "2026-11-28T22:30:00+00:00", date(2026, 11, 29)]
)
def test_a_day_may_come_as_a_spreadsheet_has_it(value: object) -> None:
    assert rendering.render("{{ t|tarih }}", {"t": value}, "tr") == "29.11.2026"


@pytest.mark.parametrize(
    ("source", "value"), [("{{ x|para }}", "beş"), ("{{ x|tarih }}", "31.02.2026"), ("{{ x|para }}", "1e99"), ("{{ x|sayi }}", True)]
)
def test_a_value_that_its_filter_cannot_read_is_refused(source: str, value: object) -> None:
    with pytest.raises(Permanent) as refused:
        rendering.render(source, {"x": value}, "tr")

    assert str(value) in refused.value.tr


def test_what_is_missing_is_named_and_an_empty_cell_is_missing() -> None:
    with pytest.raises(Missing) as refused:
        rendering.render("{{ ad }} {{ tutar }} {{ notu|varsayilan('-') }}", {"ad": "", "tutar": None}, "tr")

    assert refused.value.names == {"ad", "tutar"}
    assert "ad, tutar" in refused.value.tr


def test_what_may_be_missing_says_so_in_the_template() -> None:
    source = "{{ ad|varsayilan('müşterimiz') }}{% if borc is defined %}, borç {{ borc }}{% else %}, borç yok{% endif %}"

    assert rendering.places(source) == (frozenset(), {"ad", "borc"})
    assert rendering.render(source, {}, "tr") == "müşterimiz, borç yok"
    assert rendering.render(source, {"ad": "Ali", "borc": "5"}, "tr") == "Ali, borç 5"


def test_variables_may_have_turkish_names() -> None:
    assert rendering.render("{{ müşteri_adı|buyuk }}", {"müşteri_adı": "iğdır"}, "tr") == "İĞDIR"


def test_html_escapes_values_and_not_the_template() -> None:
    assert rendering.render("<b>{{ ad }}</b>", {"ad": '<script>&"'}, "tr", escape=True) == "<b>&lt;script&gt;&amp;&#34;</b>"
    assert rendering.render("{{ ad }}", {"ad": "A & B"}, "tr") == "A & B"


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(10) %}x{% endfor %}", "{{ ad.__class__ }}", "{{ ad['x'] }}", "{{ ad.upper() }}", "{{ range(9) }}", "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}", "{{ '%9999999999s' % 'a' }}", "{% include 'x' %}", "{% import 'x' as y %}", "{% set a = 1 %}", "{% macro x() %}{% endmacro %}",
        "{{ a|tojson }}", "{{ a|format }}", "{{ a|attr('b') }}", "{{ a is callable }}", "{{ {'a': 1} }}", "{{ a", "{% if a %}", "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "x" * 60_000, "{{ self }}{{ self.x }}", "{% filter upper %}x{% endfilter %}", "{% autoescape false %}{% endautoescape %}",
    ],
)  # fmt: skip
def test_what_could_cost_time_or_reach_further_is_no_template(source: str) -> None:
    with pytest.raises(Invalid) as refused:
        rendering.check(source)

    assert refused.value.en != refused.value.tr


def test_a_fault_is_found_by_its_line() -> None:
    with pytest.raises(Invalid, match="Line 3"):
        rendering.check("Sayın\n{{ ad }}\n{% for i in x %}{% endfor %}")


@given(st.text(max_size=80))
def test_any_text_is_a_template_or_is_refused_as_ours(source: str) -> None:
    """Nothing of the engine's own comes out."""
    try:
        needed, _ = rendering.places(source)
        rendering.render(source, dict.fromkeys(needed, "x"), "tr")
    except (Invalid, Permanent):
        pass
