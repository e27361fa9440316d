"""Claims about the pages of templates: read while they are written, kept in versions, and what is wrong said where it is."""

from dataclasses import replace
from typing import Any

from imece import face
from imece.contracts import Role

Ask = Any
FIELDS = {"name": "borc", "over": "0", "tr.sms": "Sayın {{ ad|baslik }}, {{ tutar|para }} borcunuz var.", "en.telegram": "<b>{{ ad }}</b>"}


def test_what_is_written_is_read_aloud_with_examples(ask: Ask) -> None:
    part = ask("POST", "/notify/templates/preview", data=FIELDS).text

    assert "Sayın Ayşe Yılmaz, 1.234,50 TL borcunuz var." in part
    assert "2 segments" not in part
    assert "<b>AYŞE YILMAZ</b>" in part
    wrong = ask("POST", "/notify/templates/preview", data={"tr.sms": "{% for i in x %}{% endfor %}"}).text
    assert "Line 1" in wrong


def test_a_template_is_kept_in_versions(ask: Ask) -> None:
    assert ask("POST", "/notify/templates", data=FIELDS).headers["location"] == "/notify/templates/borc"
    assert ask("POST", "/notify/templates", data=FIELDS | {"over": "1", "tr.sms": "Kısa {{ ad }}", "note": "kısaldı"}).status_code == 303
    page = ask("GET", "/notify/templates/borc").text

    assert "Kısa {{ ad }}" in page
    assert "/notify/templates/borc?version=1" in page
    assert "kısaldı" in page
    old = ask("GET", "/notify/templates/borc", query={"version": "1"}).text
    assert "An older version" in old
    assert "tutar|para" in old
    late = ask("POST", "/notify/templates", data=FIELDS | {"over": "1"})
    assert late.status_code == 409
    assert ask("POST", "/notify/templates/borc/retire").status_code == 303
    assert ask("GET", "/notify/templates/borc").status_code == 404


def test_what_came_with_the_house_can_be_made_ones_own(ask: Ask, person: face.Caller, stranger: face.Caller) -> None:
    page = ask("GET", "/notify/templates/odeme-hatirlatma", by=replace(person, locale="tr")).text
    assert "imece ile geldi" in page
    ask("POST", "/notify/templates", data=FIELDS | {"name": "odeme-hatirlatma"})
    assert "came with imece" not in ask("GET", "/notify/templates/odeme-hatirlatma").text
    assert "came with imece" in ask("GET", "/notify/templates/odeme-hatirlatma", by=stranger).text


def test_who_may_not_operate_may_read(ask: Ask, person: face.Caller) -> None:
    viewer = replace(person, role=Role.VIEWER)
    assert ask("GET", "/notify/templates", by=viewer).status_code == 200
    assert "Save as a new version" not in ask("GET", "/notify/templates/new", by=viewer).text
    assert ask("POST", "/notify/templates", by=viewer, data=FIELDS).status_code == 403


def test_what_is_no_template_is_refused_with_its_place(ask: Ask) -> None:
    answer = ask("POST", "/notify/templates", data=FIELDS | {"tr.sms": "Sayın\n{{ ad.x }}"})

    assert answer.status_code == 422
    assert "tr, sms: Line 2" in answer.json()["en"]
    assert ask("POST", "/notify/templates", data=FIELDS | {"name": "Borç Hatırlatma"}).status_code == 422


def test_a_post_is_previewed_with_its_bold_and_nothing_else_it_brings(ask: Ask) -> None:
    part = ask(
        "POST", "/notify/templates/preview", data={"tr.telegram": "<b>{{ kod }}</b> <script>x</script> <a href='https://a.example'>tık</a>"}
    ).text

    assert "<b>482910</b>" in part
    assert "<script>" not in part
    assert "<u>tık</u>" in part
