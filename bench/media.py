"""media: the sound of a recording of ten minutes taken out, and a minute of it cut, child process and all; beside the ffmpeg program where there is one."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import av

from bench import speech
from bench.figure import Figure, Options
from bench.rounds import turns
from transcription import media


def measure(options: Options) -> Figure:
    """Everything in turns, medians."""
    rounds, times = (3, 2) if options.quick else (7, 8)
    with speech.ground() as folder:
        path = _long(folder / "long.mp4", times)
        seconds = media.probe(path).seconds or 0.0
        ours: dict[str, Callable[[], object]] = {
            "probe": lambda: media.probe(path),
            "extract": lambda: media.extract(path, folder / "a.wav"),
            "fast": lambda: media.trim(path, folder / "a.mp4", 30.0, 90.0),
            "exact": lambda: media.trim(path, folder / "b.mp4", 30.0, 90.0, "exact"),
        }
        found: dict[str, dict[str, float]] = {"imece": _medians(ours, rounds)}
        if ffmpeg := shutil.which("ffmpeg"):
            found["ffmpeg"] = _medians(_ffmpeg(ffmpeg, path, folder), rounds)
    mine = found["imece"]
    told = "; ".join(f"{name}: {', '.join(f'{what} {took:.2f} s' for what, took in times_.items())}" for name, times_ in found.items())
    detail = {"seconds_of_recording": round(seconds), **{f"{name}_s": times_ for name, times_ in found.items()}}
    peers = {name: round(seconds / times_["extract"]) for name, times_ in found.items() if name != "imece"}
    remarks = f"{seconds / 60:.0f} min of video; {told}" + ("" if peers else "; no ffmpeg here to compare with")
    return Figure("media", round(seconds / mine["extract"]), "x real time (sound out)", peers, detail, remarks)


def _long(path: Path, times: int) -> Path:
    """The example, over and over, copied packet by packet."""
    with av.open(str(path), "w") as out:
        shift = 0.0
        streams: dict[int, av.stream.Stream] = {}
        for _ in range(times):
            end = shift
            with av.open(str(speech.EXAMPLE)) as source:
                for stream in source.streams:
                    if stream.index not in streams:
                        streams[stream.index] = out.add_stream_from_template(stream)
                for packet in source.demux():
                    if packet.dts is None or packet.pts is None:
                        continue
                    moved = round(shift / packet.time_base)
                    packet.pts, packet.dts = packet.pts + moved, packet.dts + moved
                    end = max(end, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)
            shift = end
    return path


def _ffmpeg(program: str, path: Path, folder: Path) -> dict[str, Callable[[], object]]:
    def run(*given: str) -> object:
        return subprocess.run([program, "-nostdin", "-loglevel", "error", "-y", *given], check=True)

    name = str(path)
    cut = ("-ss", "30", "-t", "60", "-i", name)
    return {
        "extract": lambda: run("-i", name, "-vn", "-ac", "1", "-ar", "16000", str(folder / "c.wav")),
        "fast": lambda: run(*cut, "-c", "copy", "-movflags", "+faststart", str(folder / "c.mp4")),
        "exact": lambda: run(*cut, "-preset", "veryfast", "-crf", "23", "-b:a", "128k", "-movflags", "+faststart", str(folder / "d.mp4")),
    }


def _medians(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    took: dict[str, list[float]] = {name: [] for name in sides}
    for _round, name in turns(list(sides), rounds):
        began = time.perf_counter()
        sides[name]()
        took[name].append(time.perf_counter() - began)
    return {name: round(median(times), 3) for name, times in took.items()}
