"""What every face does alike: it refuses in both languages, knows nobody under `public/`, and shows its files."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy.exc import DataError, OperationalError

from imece import face
from imece.errors import Conflict, Transient, Unfit
from imece.face import app
from imece.face.asking import Admin, Caller, Operator, Reader

Ask = Callable[..., Any]

api, pages = APIRouter(prefix="/v1/pricing"), APIRouter(prefix="/pricing")


@api.get("/count")
def read_count(caller: Caller, of: Annotated[int, Query(ge=1)]) -> dict[str, Any]:
    return {"of": of, "company": caller.company}


@pages.get("/operate")
def operate(caller: Operator) -> str:
    return caller.name


@pages.get("/administer")
def administer(caller: Admin) -> str:
    return caller.name


@pages.get("/sold")
def sold() -> None:
    raise Conflict("It is sold.", "Satıldı.")


@pages.get("/later")
def later() -> None:
    raise Transient("Busy.", "Meşgul.", retry_after=timedelta(seconds=90))


@pages.get("/away")
def away() -> None:
    raise OperationalError("select", {}, Exception("gone"))


@pages.get("/unfit")
def unfit() -> None:
    raise DataError("insert", {}, ValueError("A string literal cannot contain NUL (0x00) characters."))


@pages.get("/wrong")
def wrong() -> None:
    raise DataError("select 1 / 0", {}, Exception("division by zero"))


@pages.get("/public/hello")
def hello(reader: Reader) -> str:
    return type(reader).__name__


@pages.get("/public/forgetful")
def forgetful(caller: Caller) -> str:
    """A route that asks for a caller where there is none."""
    return caller.company


def elsewhere() -> FastAPI:
    inner = FastAPI(openapi_url=None)
    inner.add_api_route("/x", lambda: JSONResponse({"error": {"message": "in its own words"}}, 400))
    return inner


@pytest.fixture
def ask(tmp_path: Path, ayse: face.Caller) -> Iterator[Ask]:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.css").write_text("a{}")
    built = app.build("pricing", tmp_path, api=[api], pages=[pages], mounts={"/v1/other": elsewhere()})
    with TestClient(built, raise_server_exceptions=False) as client:
        yield lambda target, by=ayse: client.get(target, headers={face.CALLER: face.sign(by, "pricing", "GET", target)})


def test_strangers_are_told_only_that_it_is_well(tmp_path: Path) -> None:
    with TestClient(app.build("pricing", tmp_path, api=[api], pages=[pages])) as client:
        assert client.get("/healthz").text == "ok"
        for path in ("/v1/pricing/count?of=1", "/pricing/operate", "/pricing/public/hello", "/v1/pricing/openapi.json", "/nothing"):
            assert client.get(path).status_code == 401, path


@pytest.mark.parametrize(
    ("path", "status", "tr"),
    [
        ("/pricing/sold", 409, "Satıldı."),
        ("/pricing/later", 503, "Meşgul."),
        ("/pricing/away", 503, "Veritabanı şu anda yanıt vermiyor. Birazdan yeniden deneyin."),
        ("/pricing/unfit", 422, Unfit().tr),
        ("/pricing/administer", 403, "Bunun için admin rolü gerekir."),
        ("/v1/pricing/count?of=0", 422, "İstek, /v1/pricing/openapi.json içinde tarif edilen biçimde değil."),
    ],
)
def test_what_is_refused_is_said_in_both_languages(ask: Ask, path: str, status: int, tr: str) -> None:
    answer = ask(path)

    assert (answer.status_code, answer.headers["content-type"], answer.json()["tr"]) == (status, face.REFUSAL, tr)
    assert answer.json()["en"]


def test_what_is_wrong_with_a_field_is_told_and_its_value_is_not(ask: Ask) -> None:
    [fault] = ask("/v1/pricing/count?of=-12345").json()["errors"]

    assert fault["loc"] == ["query", "of"]
    assert "12345" not in str(fault)


def test_what_else_postgresql_does_not_take_is_a_fault_of_ours(ask: Ask) -> None:
    assert ask("/pricing/wrong").status_code == 500


def test_when_to_come_again_is_a_header(ask: Ask) -> None:
    assert ask("/pricing/later").headers["retry-after"] == "90"
    assert ask("/pricing/away").headers["retry-after"] == "5"


def test_roles_open_doors(ask: Ask, ayse: face.Caller) -> None:
    assert ask("/pricing/operate").json() == ayse.name
    assert ask("/v1/pricing/count?of=3").json() == {"of": 3, "company": ayse.company}


def test_nobody_is_let_in_under_public_only_and_is_no_caller_there(ask: Ask) -> None:
    nobody = face.Nobody("tr")

    assert ask("/pricing/public/hello", nobody).json() == "Nobody"
    for path in ("/pricing/operate", "/v1/pricing/count?of=1", "/pricing/static/a.css", "/v1/other/x"):
        assert ask(path, nobody).status_code == 401, path
    refused = ask("/pricing/public/forgetful", nobody)
    assert (refused.status_code, refused.json()["tr"]) == (403, "Önce giriş yapın.")


def test_files_lie_inside_and_where_anybody_may_ask(ask: Ask) -> None:
    assert ask("/pricing/static/a.css").text == "a{}"
    assert ask("/pricing/public/static/a.css", face.Nobody("en")).text == "a{}"


def test_the_api_is_described_and_the_pages_are_not(ask: Ask) -> None:
    assert list(ask("/v1/pricing/openapi.json").json()["paths"]) == ["/v1/pricing/count"]


def test_a_mounted_application_refuses_in_its_own_words(ask: Ask) -> None:
    assert ask("/v1/other/x").json() == {"error": {"message": "in its own words"}}
