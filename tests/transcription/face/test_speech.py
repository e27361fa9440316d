"""OpenAI's own client, pointed at a real gateway with a real face behind it; what listens follows a script."""

import io
import threading
import time
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import numpy as np
import openai
import pytest
import uvicorn

from gateway import accounts
from gateway import app as gateway_app
from gateway import settings as gateway_settings
from imece import clock, db, ids, service, storage
from imece.contracts import Role
from imece.ledger import presence, sweeper
from imece.worker.actor import handlers
from imece.worker.attempts import Attempts
from transcription import recordings
from transcription.face import app, waiting

Desk = Any  #: tests/transcription/conftest.Desk


def noise(seconds: float, seed: int = 1) -> io.BytesIO:
    """A recording with something to hear, as a client sends it."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.random.default_rng(seed).integers(-8000, 8000, int(seconds * 16_000), dtype=np.int16).tobytes())
    made.name = "görüşme.wav"
    made.seek(0)
    return made


class House:
    """A gateway and a face behind real servers, and one worker of each pool for as long as it is wanted."""

    def __init__(self, desk: Desk, url: str, keys: dict[Role, str]) -> None:
        self.desk, self.url, self.keys = desk, url, keys
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._clients = ExitStack()

    def client(self, role: Role = Role.OPERATOR, *, key: str = "", timeout: float = 60, **more: Any) -> openai.OpenAI:
        made = openai.OpenAI(base_url=f"{self.url}/v1", api_key=key or self.keys[role], max_retries=0, timeout=timeout, **more)
        return self._clients.enter_context(made)

    def employ(self, *, hear: bool = True) -> None:
        """Have workers in the ledger, and jobs done; without `hear` nothing is done."""
        with db.quick() as connection:
            for pool in service.find("transcription").pools:
                presence.arrive(connection, ids.new_id(), service.find("transcription"), pool)
            connection.exec_driver_sql("update ledger.worker set heartbeat_at = clock_timestamp() + interval '1 hour'")
        if hear:
            self._thread = threading.Thread(target=self._work)
            self._thread.start()

    def dismiss(self) -> None:
        self._clients.close()
        self._stop.set()
        if self._thread:
            self._thread.join(20)
            assert not self._thread.is_alive()

    def jobs(self) -> list[tuple[str, str | None]]:
        return [
            tuple(row) for row in self.desk.sql("select state, cancel_requested_by from ledger.job where kind = 'transcription.transcribe'")
        ]

    def _work(self) -> None:
        attempts = Attempts(ids.new_id(), handlers(), self._stop)
        attempts.start()
        while not self._stop.wait(0.02):
            with db.quick() as connection:
                connection.exec_driver_sql("update ledger.job set scheduled_at = clock_timestamp() where state = 'retrying'")
                sweeper.Sweeper().sweep()
                waiting_ = connection.exec_driver_sql("select id from ledger.job where state = 'queued' order by id").scalars().all()
            for job_id in waiting_:
                attempts.perform(str(job_id))
        attempts.stop(patience=10)


@pytest.fixture
def house(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with served(app.build()) as face_url:
        monkeypatch.setenv("GATEWAY_FACES", f"transcription={face_url}")
        monkeypatch.setenv("GATEWAY_SESSION_SECRET", "0123456789abcdefghijklmnopqrstuvwxyz")
        gateway_settings.forget()
        with db.transaction() as session:
            desk.company = accounts.add_company(session, "Örnek Ticaret A.Ş.").id
            keys = {role: accounts.add_key(session, str(role), role, desk.company)[1] for role in (Role.VIEWER, Role.OPERATOR)}
        application = gateway_app.build()
        with served(application) as url:
            made = House(desk, url, keys)
            yield made
            made.dismiss()
            application.state.live.close()
    gateway_settings.forget()


class served:  # noqa: N801 - used as a verb
    """An application behind a real server; its address."""

    def __init__(self, application: Any) -> None:
        self.server = uvicorn.Server(uvicorn.Config(application, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=3))
        self.thread = threading.Thread(target=self.server.run)

    def __enter__(self) -> str:
        self.thread.start()
        deadline = time.monotonic() + 10
        while not self.server.started and time.monotonic() < deadline:
            time.sleep(0.01)  # uvicorn has no event for this
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(10)


def test_the_client_gets_what_it_expects(house: House) -> None:
    house.employ()
    audio = house.client().audio.transcriptions

    plain = audio.create(file=noise(12), model="whisper-1")
    assert plain.text.startswith("Small0 ")
    assert plain.usage is not None
    assert (plain.usage.type, plain.usage.seconds) == ("duration", 12)
    verbose = audio.create(
        file=noise(12),
        model="Systran/faster-whisper-small",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        prompt="Bütçe toplantısı",
        extra_body={"hotwords": "imece, mutabakat"},
    )
    assert (verbose.language, verbose.duration, verbose.text) == ("turkish", 12, plain.text)
    assert verbose.segments
    assert verbose.words
    assert len(verbose.segments) == 6
    assert [word.word for word in verbose.words] == plain.text.split()
    assert all(word.start < word.end <= 12 for word in verbose.words)
    wishes = house.desk.sql("select wish from transcription.recording order by id desc limit 1")
    assert wishes[0][0]["initial_prompt"] == "Bütçe toplantısı"
    assert wishes[0][0]["hotwords"] == "imece, mutabakat"


def test_a_translation_is_asked_for_as_one(house: House) -> None:
    house.employ()

    with pytest.warns(DeprecationWarning, match="deprecated"):  # the client's own word about this address
        found = house.client().audio.translations.create(file=noise(6), model="whisper-1", response_format="srt")

    assert "-->" in found
    assert house.desk.sql("select wish -> 'translate' from transcription.recording") == [(True,)]


def test_a_stream_says_what_is_said_as_it_is_heard(house: House, scripted: Any, setting: Callable[..., None]) -> None:
    setting(part_windows=1)
    first = threading.Event()

    def during(windows: Any) -> None:
        if windows[0].index == 2:
            assert first.wait(20), "the beginning has not come before the end was heard"

    scripted.during = staticmethod(during)
    house.employ()
    events = []
    for event in house.client().audio.transcriptions.create(file=noise(14), model="whisper-1", stream=True):
        events.append(event)
        first.set()

    assert [event.type for event in events] == ["transcript.text.delta"] * 6 + ["transcript.text.done"]
    assert "".join(event.delta for event in events[:-1]) == events[-1].text
    assert events[-1].text.split()[0] == "Small0"


def test_several_at_once_get_each_their_own(house: House) -> None:
    house.employ()
    client = house.client()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda seed: client.audio.transcriptions.create(file=noise(5, seed), model="whisper-1").text, range(2)))

    assert len(set(found)) == 2


def test_what_is_wrong_is_said_in_openais_shape_and_leaves_nothing_behind(house: House) -> None:
    house.employ(hear=False)
    audio = house.client(default_headers={"Accept-Language": "en"}).audio.transcriptions

    with pytest.raises(openai.NotFoundError, match=r"gpt-9.*whisper-1, tiny") as unknown:
        audio.create(file=noise(1), model="gpt-9")
    assert (unknown.value.code, unknown.value.param, unknown.value.type) == ("model_not_found", "model", "invalid_request_error")
    for wrong, param in (
        ({"response_format": "diarized_json"}, "response_format"),
        ({"language": "türkçe!"}, "language"),
        ({"temperature": 7}, "temperature"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
        ({"response_format": "verbose_json", "timestamp_granularities": ["letter"]}, "timestamp_granularities"),
        ({"file": ("empty.wav", b"")}, "file"),
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            audio.create(**{"file": noise(1), "model": "whisper-1"} | wrong)  # type: ignore[call-overload]
        assert refused.value.param == param
    with pytest.raises(openai.PermissionDeniedError):
        house.client(Role.VIEWER).audio.transcriptions.create(file=noise(1), model="whisper-1")
    with pytest.raises(openai.AuthenticationError):
        house.client(key="imece_nobody").audio.transcriptions.create(file=noise(1), model="whisper-1")
    assert house.jobs() == []
    assert [
        key for key in storage.older_than(clock.now() + timedelta(hours=1), recordings.AREA) if storage.owner(key) == house.desk.company
    ] == []


def test_what_is_no_recording_is_the_clients_own_fault(house: House) -> None:
    house.employ()
    for stream in (False, True):
        with pytest.raises(openai.APIError) as refused:
            list(house.client().audio.transcriptions.create(file=("not.mp4", b"plain words, no sound"), model="whisper-1", stream=stream))
        assert refused.value.param == "file"
        assert refused.value.type == "invalid_request_error"


def test_where_nobody_works_that_is_said_at_once(house: House) -> None:
    with pytest.raises(openai.InternalServerError, match=r"transcription\.io") as refused:
        house.client().audio.transcriptions.create(file=noise(1), model="whisper-1")

    assert refused.value.status_code == 503
    assert house.jobs() == []


@pytest.mark.parametrize("stream", [False, True])
def test_whoever_goes_away_cancels_the_work(house: House, *, stream: bool) -> None:
    house.employ(hear=False)

    with pytest.raises(openai.APITimeoutError):
        list(house.client(timeout=0.6).audio.transcriptions.create(file=noise(1), model="whisper-1", stream=stream))

    deadline = time.monotonic() + 10
    while house.jobs() != [("cancelled", waiting.GONE)] and time.monotonic() < deadline:
        time.sleep(0.05)  # it happens in the face, on its own
    assert house.jobs() == [("cancelled", waiting.GONE)]


def test_a_form_that_says_nothing_useful_is_refused(house: House) -> None:
    with pytest.raises(openai.BadRequestError, match="multipart"):
        house.client(default_headers={"Accept-Language": "en"}).post("/audio/transcriptions", cast_to=object, body={"model": "whisper-1"})
    with pytest.raises(openai.NotFoundError):
        house.client().post("/audio/speech", cast_to=object, body={"model": "tts-1"})
