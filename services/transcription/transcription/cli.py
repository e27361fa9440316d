"""`imece transcription`: recordings written down and cut with no stack running, models, and what a company has had transcribed."""

import typer

from transcription import models_cli, recordings_cli, transcribe_cli

app = typer.Typer(help="Recordings to text, subtitles and chapters. / Kayıtlardan metin.", no_args_is_help=True)
transcribe_cli.register(app)
app.add_typer(models_cli.models, name="models")
app.add_typer(recordings_cli.recordings, name="recordings")
app.add_typer(recordings_cli.glossary, name="glossary")

#: What this service adds at the top: `imece plan`.
register = models_cli.register


@app.callback()
def transcription() -> None:
    """Recordings to text, subtitles and chapters. / Kayıtlardan metin."""
