"""Claims about the stand-ins of the gateways in Turkey: they refuse what the real ones refuse, in their own shapes."""

from typing import Any

import pytest
import requests
from tests.notify.conftest import Catching

from notify.accounts import CATCH_PASSWORD, CATCH_USER

NO = "5321112233"


def netgsm(catcher: Catching, path: str = "send", password: str = CATCH_PASSWORD, **fields: Any) -> tuple[int, dict[str, Any]]:
    wish = {"msgheader": "IMECE", "messages": [{"msg": "x", "no": NO}], **fields}
    address = f"http://127.0.0.1:{catcher.http_port}/netgsm/sms/rest/v2/{path}"
    answer = requests.request("POST", address, json=wish, auth=(CATCH_USER, password), timeout=5)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"password": "wrong"}, "30"),
        ({"msgheader": ""}, "40"),
        ({"msgheader": "LONGERTHAN11"}, "70"),
        ({"messages": []}, "40"),
        ({"messages": [{"msg": "x", "no": "+905321112233"}]}, "70"),
        ({"messages": [{"msg": "", "no": NO}]}, "20"),
        ({"stopdate": "tomorrow"}, "70"),
        ({"iysfilter": "99"}, "70"),
        ({"path": "report", "startdate": "", "stopdate": ""}, "70"),
        ({"path": "report", "startdate": "01.11.2026 00:00:00", "stopdate": "01.11.2026 00:00:01"}, "60"),
        ({"path": "report", "startdate": "01.11.2026 00:00:00", "stopdate": "01.12.2026 00:00:00", "pagesize": 101}, "70"),
    ],
)
def test_netgsm_says_no_with_406_and_a_code(catcher: Catching, fields: dict[str, Any], code: str) -> None:
    status, answer = netgsm(catcher, **fields)

    assert (status, answer["code"]) == (406, code)
    assert answer["description"]


def test_netgsm_says_yes_with_a_job(catcher: Catching) -> None:
    status, answer = netgsm(catcher, encoding="TR", iysfilter="11", stopdate="301120261200", appname="imece")

    assert (status, answer["code"], set(answer)) == (200, "00", {"code", "jobid", "description"})


def iletimerkezi(catcher: Catching, path: str = "send-sms", key: str = CATCH_USER, **order: Any) -> tuple[int, dict[str, Any]]:
    wish = {"sender": "IMECE", "iys": "0", "message": {"text": "x", "receipents": {"number": [NO]}}, **order}
    request = {"request": {"authentication": {"key": key, "hash": CATCH_PASSWORD}, "order": wish}}
    answer = requests.request("POST", f"http://127.0.0.1:{catcher.http_port}/iletimerkezi/v1/{path}/json", json=request, timeout=5)
    response: dict[str, Any] = answer.json()["response"]
    return answer.status_code, response


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"key": "wrong"}, 401),
        ({"sender": ""}, 459),
        ({"sender": "ŞİRKET"}, 460),
        ({"iys": None}, 468),
        ({"iys": "1"}, 469),
        ({"iys": "1", "iysList": "HERKES"}, 469),
        ({"message": {"text": "", "receipents": {"number": [NO]}}}, 454),
        ({"message": {"text": "x", "receipents": {"number": ["+4915112345678"]}}}, 452),
        ({"message": {"text": "x", "receipents": {"number": []}}}, 452),
        ({"message": {"text": "x"}}, 452),
        ({"path": "get-report", "id": "1"}, 455),
    ],
)
def test_iletimerkezi_says_no_with_its_code_as_http_status_too(catcher: Catching, order: dict[str, Any], code: int) -> None:
    status, response = iletimerkezi(catcher, **order)

    assert (status, response["status"]["code"]) == (code, code)
    assert set(response) == {"status"}


def test_iletimerkezi_says_yes_with_an_order_that_its_report_describes(catcher: Catching) -> None:
    _, response = iletimerkezi(catcher, iys="1", iysList="TACIR", message={"text": "bir", "receipents": {"number": [NO, "+905321112234"]}})
    _, report = iletimerkezi(catcher, "get-report", id=response["order"]["id"])

    assert {"id", "status", "total", "delivered", "undelivered", "waiting", "submitAt", "sendAt", "sender", "price", "message"} == set(
        report["order"]
    )
    assert [row["number"] for row in report["order"]["message"]] == ["+905321112233", "+905321112234"]


def goldsms(catcher: Catching, path: str = "sendSMS", **fields: Any) -> dict[str, Any]:
    message = {"sender": "IMECE", "text": "x", "utf8": "1", "gsm": [f"90{NO}"]}
    wish = {"username": CATCH_USER, "password": CATCH_PASSWORD, "sdate": "", "vperiod": "23", "gate": 0, "message": message, **fields}
    answer: dict[str, Any] = requests.request(
        "POST", f"http://127.0.0.1:{catcher.http_port}/goldsms/api/{path}", json=wish, timeout=5
    ).json()
    return answer


@pytest.mark.parametrize(
    "fields",
    [
        {"username": "wrong"},
        {"message": {}},
        {"message": {"sender": "IMECE", "text": "x", "gsm": []}},
        {"message": {"sender": "IMECE", "text": "x", "gsm": ["+90"]}},
        {"path": "multiSendSMS"},
        {"message": [{"sender": "IMECE", "text": "x", "gsm": [f"90{NO}"]}]},
    ],
)
def test_goldsms_says_no_in_a_sentence(catcher: Catching, fields: dict[str, Any]) -> None:
    answer = goldsms(catcher, **fields)

    assert answer["sonuc"] is False
    assert answer["mesaj"]


def test_goldsms_says_yes_with_how_many_and_what_is_left(catcher: Catching) -> None:
    answer = goldsms(catcher)

    assert (answer["sonuc"], answer["status"], answer["gonderilenAdet"]) == (True, "ok", 1)
    assert set(answer["result"]) == {"messageid", "kredi"}
    assert goldsms(catcher, "kredi/get")["result"] > 1
