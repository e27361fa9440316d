"""Claims about the stand-in of Twilio: what it answers is what Twilio's own client reads."""

import inspect
import re

import pytest
import requests
from tests.notify.channels.conftest import a_number, an_sms, soon
from tests.notify.conftest import Catching
from twilio.rest.api.v2010.account.message import MessageInstance

from notify.accounts import CATCH_ACCOUNT, CATCH_PASSWORD
from notify.channels.twilio import Twilio
from notify.settings import Settings


class Ask:
    """Twilio's API without its client."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.session = requests.Session()
        self.session.auth = (CATCH_ACCOUNT, CATCH_PASSWORD)

    def create(self, **form: str) -> requests.Response:
        return self.session.request(
            "POST", f"{self.home}/Messages.json", data={"To": a_number(), "From": "IMECE", "Body": "x", **form}, timeout=5
        )

    def get(self, path: str, **query: str | int) -> requests.Response:
        return self.session.request("GET", f"{self.home}/{path}", params=query, timeout=5)


@pytest.fixture
def ask(catcher: Catching) -> Ask:
    return Ask(f"http://127.0.0.1:{catcher.http_port}/twilio/2010-04-01/Accounts/{CATCH_ACCOUNT}")


def test_it_answers_with_every_field_that_twilios_client_reads_and_no_other(ask: Ask) -> None:
    read = set(re.findall(r'payload\.get\(\s*"(\w+)"', inspect.getsource(MessageInstance.__init__)))

    assert set(ask.create().json()) == read
    assert len(read) == 20


def test_a_refusal_has_the_published_shape(ask: Ask) -> None:
    refused = ask.create(To="+15005550001")

    assert refused.status_code == 400
    assert set(refused.json()) == {"code", "message", "more_info", "status"}


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "0"}, 21626),
        ({"ValidityPeriod": "36001"}, 21626),
        ({"To": "+90"}, 21211),
        ({"To": "0532 111 22 33"}, 21211),
        ({"To": "+902121112233"}, 21614),
        ({"To": "+908501112233"}, 21614),
    ],
)
def test_it_refuses_what_twilio_refuses(ask: Ask, form: dict[str, str], code: int) -> None:
    assert ask.create(**form).json()["code"] == code


def test_nobody_gets_in_without_the_account(ask: Ask) -> None:
    ask.session.auth = (CATCH_ACCOUNT, "wrong")

    for answer in (ask.create(), ask.get("Messages.json"), ask.get("Messages/SM1.json")):
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_segments_are_counted_as_twilio_counts(ask: Ask) -> None:
    texts = {"a" * 160: "1", "a" * 161: "2", "ş" * 70: "1", "ş" * 71: "2"}

    assert {text: ask.create(Body=text).json()["num_segments"] for text in texts} == texts


def test_the_list_is_filtered_by_number_and_paged_as_the_client_follows_it(ask: Ask, given: Settings) -> None:
    number = a_number()
    for n in range(5):
        ask.create(To=number, Body=str(n))

    first = ask.get("Messages.json", To=number, PageSize=2).json()

    assert [message["body"] for message in first["messages"]] == ["4", "3"]
    assert set(first) >= {"first_page_uri", "next_page_uri", "previous_page_uri", "page", "page_size", "start", "end", "uri"}
    client = Twilio(given)
    with client.wire.until(soon()):
        assert [message.body for message in client.client.messages.list(to=number, page_size=2)] == ["4", "3", "2", "1", "0"]


def test_one_message_is_fetched_and_an_unknown_one_is_not_found(ask: Ask, given: Settings) -> None:
    sid = Twilio(given).send(an_sms("şöyle"), soon()).id

    assert ask.get(f"Messages/{sid}.json").json()["body"] == "şöyle"
    assert ask.get("Messages/SM0.json").json()["code"] == 20404
