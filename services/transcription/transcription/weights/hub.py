"""A model from the Hugging Face hub: what its own cache holds first, then over the network, unless the environment forbids it (HF_HUB_OFFLINE)."""

from pathlib import Path

from imece.errors import Transient
from transcription.weights.catalogue import FURTHER, NEEDED, VOCABULARIES, Model

_WANTED = [*NEEDED, *VOCABULARIES, *FURTHER]
_PATIENCE = 10  #: seconds for the first answer


def cached(model: Model) -> Path | None:
    """The folder in the hub's cache on this machine, if anything of the model is there."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415 (slow to load)

    try:
        return Path(snapshot_download(model.hub, allow_patterns=_WANTED, local_files_only=True))
    except Exception:  # noqa: BLE001 (its errors come from several libraries and all mean: not there)
        return None


def fetch(model: Model, folder: Path) -> None:
    """Download the model to `folder`. Raises Transient when the hub cannot be reached, does not answer, or may not be asked."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url, snapshot_download  # noqa: PLC0415 (slow to load)

    try:
        # One question with a time limit of its own: the download would try five times before it says that nobody is there.
        get_hf_file_metadata(hf_hub_url(model.hub, "config.json"), timeout=_PATIENCE)
        snapshot_download(model.hub, allow_patterns=_WANTED, local_dir=folder)
    except Exception as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise Transient(f"The hub did not give {model.name}: {reason}", f"{model.name} Hugging Face'ten alınamadı: {reason}") from error
