"""`python -m bench.bare_typst COMPANY COUNT THREADS`: letters of that company by typst and nothing else; prints how many per CPU-second."""

import sys
import threading
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import orjson
import sqlalchemy as sa
import typst

from documents import letters
from documents.models import Letter
from documents.rendering.glyphs import legible_in
from imece import db


def main() -> None:
    company, count, threads = UUID(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    contents = _contents(company)
    wanted = [contents[place % len(contents)] for place in range(count)]
    shares = [wanted[first::threads] for first in range(threads)]
    ready, go = threading.Barrier(threads + 1), threading.Barrier(threads + 1)
    workers = [threading.Thread(target=_render, args=(share, ready, go)) for share in shares]
    for worker in workers:
        worker.start()
    ready.wait()
    began = time.process_time()
    go.wait()
    for worker in workers:
        worker.join()
    print(round(count / (time.process_time() - began), 1))


def _contents(company: UUID) -> list[bytes]:
    """What the letters say, as the template takes it: made beforehand, so that it costs nothing here."""
    with db.transaction() as session:
        letter_ids = session.scalars(sa.select(Letter.id).where(Letter.company_id == company).order_by(Letter.id).limit(200)).all()
    loaded = letters._load(letter_ids, company)  # noqa: SLF001 (the very words of the house)
    worded = (orjson.loads(orjson.dumps(letters.worded(content))) for content in loaded.values())
    return [orjson.dumps(legible_in({**letter, "logo": False})) for letter in worded]


def _render(contents: list[bytes], ready: threading.Barrier, go: threading.Barrier) -> None:
    folder = Path(str(files("documents.rendering")))
    templates = {path.name: path.read_bytes() for path in (folder / "templates").iterdir()}
    templates["main"] = templates.pop("letter.typ")
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder / "fonts"])
    compiler = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
    moment = datetime(2026, 10, 1, tzinfo=UTC)

    def render(content: bytes) -> None:
        compiler.compile(input={**templates, "data.json": content}, format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=moment)  # type: ignore[type-var]  # its stubs do not know that a project may be a dictionary

    for content in contents[:5]:
        render(content)
    ready.wait()
    go.wait()
    for content in contents:
        render(content)


if __name__ == "__main__":
    main()
