"""The commands of pricing, as somebody types them."""

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from pricing.cli import app

LIST = "Adres;Ürün;Kategori\nhttps://magaza.example/1;Çaydanlık;Ev\nhttps://magaza.example/2;Semaver;Ev\nfile:///etc/passwd;Kötü;Ev\n"


@pytest.fixture
def imece(catalogue: Any) -> Any:
    """`imece("stats")`: the command for the company; its output. Where it fails, the test does."""

    def run(*arguments: str, company: bool = True, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*arguments, *(("--company", str(catalogue.company)) if company else ())])
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def test_a_list_in_and_out_again(imece: Any, tmp_path: Path) -> None:
    (tmp_path / "liste.csv").write_text(LIST, encoding="utf-8")
    done = json.loads(imece("import", str(tmp_path / "liste.csv"), "--refused", str(tmp_path / "red.xlsx"), "--json"))
    assert {name: done[name] for name in ("rows", "added", "known", "refused")} == {"rows": 3, "added": 2, "known": 0, "refused": 1}
    assert done["faults"][0]["row"] == 4
    assert load_workbook(tmp_path / "red.xlsx").worksheets[0]["C2"].value == "file:///etc/passwd"
    assert "4. satır" in imece("import", str(tmp_path / "liste.csv"))

    imece("export", str(tmp_path / "ev.csv"), "--category", "ev", "--text", "semaver")
    assert (tmp_path / "ev.csv").read_text(encoding="utf-8-sig").count("\n") == 2
    imece("export", str(tmp_path / "hepsi.xlsx"))
    assert load_workbook(tmp_path / "hepsi.xlsx").worksheets[0].max_row == 3


def test_what_is_due_is_claimed_scored_and_counted(imece: Any, catalogue: Any) -> None:
    catalogue.products(5)
    figures = json.loads(imece("stats", "--json"))
    assert (figures["total"]["watched"], figures["total"]["never"], figures["tiers"]["high"]["never"]) == (5, 5, 5)
    assert json.loads(imece("score", "--json", company=False))["priorities"] == 5
    assert json.loads(imece("claim", "--tier", "high", "--json", company=False)) == {"batches": 1, "products": 5}
    assert json.loads(imece("stats", "--json"))["total"]["running"] == 5
    assert "magaza.example" in imece("stats")


def test_a_check_is_asked_for(imece: Any, catalogue: Any) -> None:
    ids = catalogue.products(2)
    imece("check", str(ids[0]))
    imece("check", "--store", "magaza.example")
    found = catalogue.sql("select args from ledger.job where kind = 'pricing.check_products' order by id")
    assert [row.args["product_ids"] for row in found] == [[ids[0]], []]
    assert found[1].args["store_id"] == 1
    imece("check", code=2)


def test_stores_categories_and_people_are_set_and_listed(imece: Any) -> None:
    imece("store", "set", "a.example", "b.example", "--delay", "0.5", "--feed", "https://{domain}/feed.xml")
    stores = json.loads(imece("store", "list", "--json"))
    assert [(store["domain"], store["delay_ms"]) for store in stores] == [("a.example", 500), ("b.example", 500)]
    imece("category", "set", "Ev", "--deal-rule", "previous", "--deal-percent", "15", "--publish", "automatic")
    imece("category", "set", "Mutfak", "--parent", "ev")
    shelves = {shelf["slug"]: shelf for shelf in json.loads(imece("category", "list", "--json"))}
    assert shelves["mutfak"]["parent_id"] == shelves["ev"]["id"]
    assert (shelves["ev"]["deal_rule"], shelves["ev"]["deal_percent"]) == ("previous", "15.00")
    imece("recipient", "add", "ayse@ornek.example", "--name", "Ayşe", "--category", "ev")
    assert [one["name"] for one in json.loads(imece("recipient", "list", "--json"))] == ["Ayşe"]


def test_deals_are_listed_published_and_ended(imece: Any, catalogue: Any) -> None:
    imece("category", "set", "Ev", "--deal-rule", "previous", "--deal-percent", "10", "--publish", "review")
    product = catalogue.products(category_id=1)[0]
    catalogue.look(product, "100")
    catalogue.look(product, "70")
    deal = json.loads(imece("deals", "list", "--json"))[0]
    assert (deal["state"], deal["price"], deal["previous"], deal["title"]) == ("created", "70.00", "100.00", "Ürün 0")
    imece("deals", "publish", deal["id"])
    imece("deals", "end", deal["id"])
    assert json.loads(imece("deals", "list", "--state", "ended", "--json"))[0]["state"] == "ended"


def test_what_is_not_there_is_told_by_its_name(imece: Any) -> None:
    from imece.errors import NotFound

    with pytest.raises(NotFound, match=r"yok\.example"):
        CliRunner().invoke(
            app, ["check", "--store", "yok.example", "--company", "0199a3c0-0000-7000-8000-000000000001"], catch_exceptions=False
        )
