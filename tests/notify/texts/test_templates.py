"""Claims about templates: versions that never change, both languages, every channel's needs, and other companies' left alone."""

from uuid import UUID

import pytest
import sqlalchemy as sa

from imece import db
from imece.errors import Conflict, Invalid, NotFound, Permanent
from imece.ids import new_id
from notify.texts import rendering, templates
from notify.texts.shipped import SHIPPED

BODIES = {
    "tr": {"sms": "Sayın {{ ad }}, borcunuz {{ tutar|para }}.", "telegram": "<b>{{ ad }}</b>: {{ tutar|para }}"},
    "en": {
        "sms": "Dear {{ ad }}, you owe {{ tutar|money }}.",
        "subject": "{{ ad }}",
        "text": "{{ tutar|money }}",
        "html": "<p>{{ ad }}</p>",
    },
}
VALUES = {"ad": "Ali & Oğulları", "tutar": "1500"}


def test_every_edit_is_a_version_and_the_newest_counts(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        first = templates.put(session, company, "borc", BODIES, by="ayşe")
        second = templates.put(session, company, "borc", {"tr": {"sms": "Yeni {{ ad }}"}}, by="ali", note="kısaldı", over=first.version)

    with db.transaction() as session:
        assert templates.find(session, company, "borc").version == 2
        assert templates.render(templates.find(session, company, "borc"), "tr", VALUES, "sms").text == "Yeni Ali & Oğulları"
        assert (
            templates.render(templates.find(session, company, "borc", 1), "tr", VALUES, "sms").text
            == "Sayın Ali & Oğulları, borcunuz 1.500,00 TL."
        )
        assert [(one.version, one.created_by, one.note) for one in templates.versions(session, company, "borc")] == [
            (2, "ali", "kısaldı"),
            (1, "ayşe", ""),
        ]
    assert second.note == "kısaldı"


def test_who_edits_an_old_version_is_told(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        templates.put(session, company, "borc", BODIES, by="ayşe")
        templates.put(session, company, "borc", BODIES, by="ali", over=1)

    with pytest.raises(Conflict), db.transaction() as session:
        templates.put(session, company, "borc", BODIES, by="veli", over=1)


def test_a_channel_is_spoken_in_the_other_language_rather_than_not_at_all(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        made = templates.put(session, company, "borc", BODIES, by="ayşe")

    assert made.channels() == ("sms", "email", "telegram")
    assert made.channels("tr") == ("sms", "telegram")
    mail = templates.render(made, "tr", VALUES, "email")
    assert (mail.subject, mail.text, mail.html) == ("Ali & Oğulları", "TRY 1,500.00", "<p>Ali &amp; Oğulları</p>")
    assert templates.render(made, "en", VALUES, "telegram").text == "<b>Ali &amp; Oğulları</b>: 1.500,00 TL"
    with pytest.raises(NotFound):
        templates.render(templates.Template("kisa", 1, templates.read({"tr": {"sms": "x"}})), "tr", {}, "email")


def test_values_without_a_place_are_refused_by_name() -> None:
    made = templates.Template("borc", 1, templates.read(BODIES))

    with pytest.raises(rendering.Unplaced) as refused:
        templates.render(made, "tr", VALUES | {"vade": "x", "iban": "y"}, "sms", exact=True)
    assert refused.value.names == {"vade", "iban"}
    assert templates.render(made, "tr", VALUES | {"vade": "x"}, "sms").text.startswith("Sayın")
    with pytest.raises(rendering.Missing) as missing:
        templates.render(made, "tr", {"ad": "Ali"}, "sms", exact=True)
    assert missing.value.names == {"tutar"}
    assert made.places("email", "en") == ({"ad", "tutar"}, frozenset())


@pytest.mark.parametrize("value", ["Ali\r\nBcc: veli@example.com", "Ali\nVeli", "Ali\u2028Veli", "Ali\x00"])
def test_a_value_cannot_begin_another_header(value: str) -> None:
    made = templates.Template("borc", 1, templates.read(BODIES))

    with pytest.raises(Permanent, match="one line"):
        templates.render(made, "en", {"ad": value, "tutar": "1"}, "email")


@pytest.mark.parametrize(
    ("bodies", "said"),
    [
        ({}, "says nothing"),
        ({"tr": {"sms": ""}}, "says nothing"),
        ({"de": {"sms": "x"}}, "not one of our languages"),
        ({"tr": {"fax": "x"}}, "fax"),
        ({"tr": {"sms": "{{ a.b }}"}}, "tr, sms"),
        ({"tr": {"subject": "x"}}, "needs a subject and a text"),
        ({"tr": {"html": "<p>x</p>"}}, "needs a subject and a text"),
        ({"tr": {"subject": "x\ny", "text": "z"}}, "one line"),
        ({"tr": {"sms": 5}}, "tr: sms"),
    ],
)
def test_what_is_no_template_is_refused_before_it_is_kept(bodies: dict[str, object], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        templates.read(bodies)


@pytest.mark.parametrize("name", ["", "Borç", "a b", "../x", "A", "x" * 101, "-a"])
def test_a_name_is_plain(database: sa.Engine, company: UUID, name: str) -> None:
    with pytest.raises(Invalid), db.transaction() as session:
        templates.put(session, company, name, BODIES, by="ayşe")


def test_nobody_sees_another_companys(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        templates.put(session, company, "borc", BODIES, by="ayşe")
        for act in (lambda: templates.find(session, new_id(), "borc"), lambda: templates.retire(session, new_id(), "borc")):
            with pytest.raises(NotFound):
                act()
        assert "borc" not in {one.name for one in templates.of_company(session, new_id())}


def test_what_is_retired_is_offered_no_more_and_can_come_back(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        templates.put(session, company, "borc", BODIES, by="ayşe")
        templates.retire(session, company, "borc")
        with pytest.raises(NotFound):
            templates.find(session, company, "borc")
        assert templates.find(session, company, "borc", 1).retired
        assert "borc" not in {one.name for one in templates.of_company(session, company)}

        assert templates.put(session, company, "borc", BODIES, by="ayşe").version == 2
        assert templates.find(session, company, "borc").version == 2


@pytest.mark.parametrize("name", SHIPPED)
def test_what_comes_with_the_house_is_sound_and_gives_way(database: sa.Engine, company: UUID, name: str) -> None:
    values = {"kod": "482910", "ad": "ALİ", "tutar": "1500", "vade": "2026-12-01", "sirket": "Acme", "siparis": "1", "takip": "2"}
    with db.transaction() as session:
        found = templates.find(session, company, name)
        assert found.shipped
        assert found.bodies == templates.read(SHIPPED[name])
        for locale in ("tr", "en"):
            for channel in found.channels(locale):
                assert templates.render(found, locale, values, channel).text
        templates.put(session, company, name, BODIES, by="ayşe")
        assert not templates.find(session, company, name).shipped
        assert templates.find(session, company, name).bodies != templates.read(SHIPPED[name])
