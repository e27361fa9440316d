"""`imece pricing extract` and `parse-price`: what they print and how they exit, with no stack running."""

import gzip
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from imece.config import settings
from pricing import extract_cli

URL = "https://www.ornek.com.tr/masa-lambasi-p-4471"
PAGE = """<html lang="tr"><script type="application/ld+json">{"@type":"Product","name":"Masa Lambası","offers":{"price":"12.699,00",
"priceCurrency":"TRY","availability":"https://schema.org/InStock","priceSpecification":{"priceType":"ListPrice","price":"14999.5"}}}</script></html>"""
KEYS = ["price", "currency", "availability", "list_price", "confidence", "source"]


APP = typer.Typer()
extract_cli.register(APP)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, "en")


def speak(monkeypatch: pytest.MonkeyPatch, locale: str) -> None:
    monkeypatch.setattr(settings(), "locale", locale)


def run(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(APP, [str(one) for one in arguments], input=stdin)


def lines(done: Result) -> list[Any]:
    assert (done.exit_code, done.stderr) == (0, "")
    return [orjson.loads(line) for line in done.stdout_bytes.splitlines()]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "sayfa.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def test_a_page_as_json(page: Path) -> None:
    (found,) = lines(run("extract", page, "--url", URL, "--json"))

    assert list(found.items()) == list(zip(KEYS, ["12699.00", "TRY", "InStock", "14999.50", 0.97, "json-ld"], strict=True))


def test_a_page_with_all_details(page: Path) -> None:
    (found,) = lines(run("extract", page, "--url", URL, "--json", "--details"))

    assert list(found) == ["file", *KEYS, "state", "evidence", "offers"]
    assert (found["file"], found["state"], found["evidence"]) == (str(page), "ok", "Product.offers")
    assert found["offers"] == [{"price": "12699.00", "currency": "TRY", "availability": "InStock", "label": None}]


def test_a_page_for_people(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, "tr")
    done = run("extract", page, "--url", URL)

    assert done.exit_code == 0
    assert "fiyat         12699.00 TRY" in done.stdout
    assert "güven         0.97" in done.stdout


def test_the_commands_are_found_below_pricing() -> None:
    command = [sys.executable, "-m", "imece", "pricing", "parse-price", "1.299,90 TL"]

    assert orjson.loads(subprocess.run(command, capture_output=True, check=True).stdout) == {"amount": "1299.90", "currency": "TRY"}


def test_a_compressed_page_and_a_rule(tmp_path: Path) -> None:
    path = tmp_path / "sayfa.html.gz"
    path.write_bytes(gzip.compress(b"<p id=a>899,90</p>" + PAGE.encode()))
    (found,) = lines(run("extract", path, "--url", URL, "--rule", "#a", "--json"))

    assert (found["price"], found["source"]) == ("899.90", "rule")


@pytest.mark.parametrize(
    ("body", "availability", "state"),
    [(b"", None, "no_price"), (b"\x00" * 99, None, "no_price"), (b"<title>Robot Check</title>", "Blocked", "blocked")],
)
def test_no_price_is_null_and_still_an_answer(tmp_path: Path, body: bytes, availability: str | None, state: str) -> None:
    path = tmp_path / "x.html"
    path.write_bytes(body)
    (found,) = lines(run("extract", path, "--json"))
    assert found == dict(zip(KEYS, [None, None, availability, None, 0.0, None], strict=True))

    (more,) = lines(run("extract", path, "--json", "--details"))
    assert more["state"] == state


def test_a_file_that_cannot_be_read_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    for path in (tmp_path / "yok.html", tmp_path):
        done = run("extract", path)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == f"{path}: no such file\n"

        done = run("extract", path, "--json")
        assert done.exit_code == 2
        assert orjson.loads(done.stdout)["error"] == "no such file"


def test_many_pages_one_line_each_and_a_bad_line_does_not_stop_them(page: Path, tmp_path: Path) -> None:
    good = orjson.dumps({"file": str(page), "url": URL})
    asked = [
        good,
        b"",
        b"{",
        b"[]",
        b'{"file": 5}',
        b'{"file": "x", "url": 5}',
        b"\xff\xfe",
        orjson.dumps({"file": str(tmp_path / "no")}),
        b"x" * 2_000_000,
        good,
    ]
    plain = lines(run("extract", "--stdin", stdin=b"\n".join(asked)))
    found = lines(run("extract", "--stdin", "--details", stdin=b"\n".join(asked)))
    assert [list(one) for one in plain] == [KEYS, *[[*KEYS, "error"]] * 8, KEYS]

    assert len(found) == len(asked)
    assert [one["price"] for one in found] == ["12699.00", *[None] * 8, "12699.00"]
    assert ["error" in one for one in found] == [False, *[True] * 8, False]
    assert found[7]["file"] == str(tmp_path / "no")
    assert [found[0][key] for key in KEYS] == [found[9][key] for key in KEYS]


@pytest.mark.parametrize(
    "arguments", [(), ("x", "--stdin"), ("--stdin", "--rule", "div["), ("--stdin", "--locale", "zz"), ("--stdin", "--currency", "elma")]
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    done = run("extract", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr


@pytest.mark.parametrize(
    ("arguments", "amount", "currency"),
    [
        (("1.299,90 TL",), "1299.90", "TRY"),
        (("1.299,9", "--locale", "tr"), "1299.90", None),
        (("8.450", "--locale", "tr", "--currency", "TRY"), "8450.00", "TRY"),
        (("8.450", "--currency", "TL"), "8450.00", "TRY"),
        (("-67 TL",), None, None),
        (("--locale", "tr", "%20 indirim 67,50 TL"), "67.50", "TRY"),
        (("Teklif alın",), None, None),
        (("",), None, None),
        (("¥1,299",), "1299", "JPY"),
    ],
)
def test_a_price_text(arguments: tuple[str, ...], amount: str | None, currency: str | None) -> None:
    assert lines(run("parse-price", *arguments)) == [{"amount": amount, "currency": currency}]


def test_many_price_texts_one_line_each() -> None:
    texts = "2 adet 67,50 TL\r\n\n67,50 - 89,90 TL\nbozuk \ufffd\n₺8.450".encode()
    found = lines(run("parse-price", "--stdin", "--locale", "tr", stdin=texts))

    assert [one["amount"] for one in found] == ["67.50", None, None, None, "8450.00"]
