"""What OpenAI's clients ask, and how they are answered: forms, JSON, subtitles, errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from starlette.responses import JSONResponse, PlainTextResponse, Response

from imece.contracts.transcription import Model, Transcribe
from imece.errors import ImeceError, Transient
from transcription import listening, subtitles
from transcription.exports import Transcript, objects
from transcription.exports.languages import NAMES
from transcription.face.intake import Sent
from transcription.models import Recording
from transcription.segments import Segment

Format = Literal["json", "text", "srt", "verbose_json", "vtt"]

_FORMATS: tuple[str, ...] = get_args(Format)
_MODELS: tuple[str, ...] = get_args(Model)
_GRANULARITIES = ("segment", "word")

#: What OpenAI calls its own: here, the model of the installation.
_DEFAULT = "whisper-1"
_LONGEST_PROMPT = 1000
_MOST_HOTWORDS = 100


class Refused(Exception):
    """A request that is answered with an error in OpenAI's shape."""

    def __init__(
        self,
        status: int,
        en: str,
        tr: str | None,
        *,
        type: str = "invalid_request_error",  # noqa: A002 - OpenAI's word
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(en)
        self.status, self.en, self.tr = status, en, tr or en
        self.type, self.param, self.code, self.headers = type, param, code, dict(headers or {})


@dataclass(frozen=True)
class Wish:
    """What a client asks for."""

    model: Model | None
    language: str | None
    prompt: str | None
    hotwords: tuple[str, ...]
    format: Format
    granularities: frozenset[str]
    stream: bool
    translate: bool

    def contract(self, key: str) -> Transcribe:
        """The job that fulfils it, before all others."""
        return Transcribe(
            recording=key,
            language=self.language,
            model=self.model,
            translate=self.translate,
            initial_prompt=self.prompt,
            hotwords=self.hotwords,
            formats=(),
            chapters=False,
            priority="high",
        )


def read(sent: Sent, *, translate: bool) -> Wish:
    """What a form asks for. Raises Refused 400, naming the field; 404 for a model that nobody knows. `temperature` is the recogniser's own affair."""
    if sent.file is None:
        raise Refused(
            400,
            "`file` is missing: send the recording as a file of the form.",
            "`file` eksik: kaydı formda dosya olarak gönderin.",
            param="file",
        )
    if sent.size == 0:
        raise Refused(400, "`file` is empty.", "`file` boş.", param="file")
    format_ = sent.text("response_format") or "json"
    if format_ not in _FORMATS:
        raise _not_one_of("response_format", format_, _FORMATS)
    granularities = frozenset(sent.every("timestamp_granularities"))
    for one in granularities - set(_GRANULARITIES):
        raise _not_one_of("timestamp_granularities", one, _GRANULARITIES)
    if granularities and format_ != "verbose_json":
        raise Refused(
            400,
            "`timestamp_granularities` needs `response_format` verbose_json.",
            "`timestamp_granularities` için `response_format` verbose_json olmalı.",
            param="timestamp_granularities",
        )
    _check_temperature(sent.text("temperature"))
    return Wish(
        model=_model(sent.text("model")),
        language=_language(sent.text("language")),
        prompt=(sent.text("prompt") or "")[-_LONGEST_PROMPT:] or None,
        hotwords=tuple(dict.fromkeys(w for line in sent.every("hotwords") for w in map(str.strip, line.split(",")) if w))[:_MOST_HOTWORDS],
        format=format_,  # type: ignore[arg-type] # one of them, as was just checked
        granularities=granularities or frozenset({"segment"}),
        stream=(sent.text("stream") or "").lower() in ("true", "1"),
        translate=translate,
    )


def answer(wish: Wish, recording: Recording, said: Sequence[Segment]) -> Response:
    """What was said, in the format that was asked for."""
    duration, language = recording.duration or 0.0, recording.language or ""
    transcript = Transcript("en" if wish.translate else language, duration, said)
    where = {"Location": f"/v1/transcription/recordings/{recording.id}"}
    match wish.format:
        case "text":
            return PlainTextResponse(transcript.text + "\n", headers=where)
        case "srt":
            return PlainTextResponse(subtitles.srt(subtitles.cues(said)), headers=where)
        case "vtt":
            return PlainTextResponse(subtitles.vtt(subtitles.cues(said)), headers=where, media_type="text/vtt")
        case "json":
            return JSONResponse({"text": transcript.text, "usage": _usage(duration)}, headers=where)
        case "verbose_json":
            return JSONResponse(_verbose(wish, transcript), headers=where)


def error(refused: Refused, locale: str) -> dict[str, Any]:
    """An error as OpenAI gives it."""
    message = refused.tr if locale == "tr" else refused.en
    return {"error": {"message": message, "type": refused.type, "param": refused.param, "code": refused.code}}


def refusal(given: ImeceError) -> Refused:
    """An error of ours as one of OpenAI's; what a client sent wrongly is 400 there, not 422."""
    status = int(given.status)
    headers = (
        {"Retry-After": str(max(1, round(given.retry_after.total_seconds())))} if isinstance(given, Transient) and given.retry_after else {}
    )
    if status == 422:
        return Refused(400, given.en, given.tr)
    kinds = {401: "authentication_error", 403: "permission_error"}
    return Refused(
        status, given.en, given.tr, type=kinds.get(status, "server_error" if status >= 500 else "invalid_request_error"), headers=headers
    )


def _verbose(wish: Wish, of: Transcript) -> dict[str, Any]:
    found: dict[str, Any] = {
        "task": "translate" if wish.translate else "transcribe",
        "language": objects.language_name(of.language),
        "duration": round(of.duration, 3),
        "text": of.text,
        "usage": _usage(of.duration),
    }
    if "segment" in wish.granularities:
        found["segments"] = [objects.segment(place, one) for place, one in enumerate(of.segments)]
    if "word" in wish.granularities:
        words = [word for one in of.segments for word in objects.words(one)]
        found["words"] = [{"word": word["word"], "start": word["start"], "end": word["end"]} for word in words]
    return found


def _usage(duration: float) -> dict[str, Any]:
    return {"type": "duration", "seconds": -int(-duration // 1)}


def _model(given: str | None) -> Model | None:
    """One of ours, however others call it: `small`, `whisper-small`, `Systran/faster-whisper-small`."""
    if given in (None, _DEFAULT):
        return None
    assert given is not None
    name = given.rpartition("/")[2].removeprefix("faster-").removeprefix("whisper-")
    name = {"large": "large-v3", "large-v3-turbo": "turbo"}.get(name, name)
    if name not in _MODELS:
        known = ", ".join((_DEFAULT, *_MODELS))
        raise Refused(
            404,
            f"The model `{given}` does not exist; these do: {known}.",
            f"`{given}` diye bir model yok; olanlar: {known}.",
            param="model",
            code="model_not_found",
        )
    return name  # type: ignore[return-value] # one of them, as was just checked


def _language(given: str | None) -> str | None:
    if given is None:
        return None
    names = {name.lower(): code for code, (name, _) in NAMES.items()}
    code = names.get(given.lower(), given.lower())
    if code not in listening.LANGUAGES:
        raise Refused(
            400,
            f"`language`: {given!r} is no language that is known here; give a code, such as tr or en.",
            f"`language`: {given!r} burada bilinen bir dil değil; tr ya da en gibi bir kod verin.",
            param="language",
        )
    return code


def _check_temperature(given: str | None) -> None:
    try:
        fine = given is None or 0 <= float(given) <= 1
    except ValueError:
        fine = False
    if not fine:
        raise Refused(400, "`temperature` is a number from 0 to 1.", "`temperature` 0 ile 1 arasında bir sayıdır.", param="temperature")


def _not_one_of(field: str, given: str, known: Sequence[str]) -> Refused:
    listed = ", ".join(known)
    return Refused(400, f"`{field}`: {given!r} is none of {listed}.", f"`{field}`: {given!r}, şunlardan biri değil: {listed}.", param=field)
