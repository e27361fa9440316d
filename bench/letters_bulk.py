"""letters-bulk: one workbook to letters, from the upload to the ZIP, with the real worker processes; letters per second of processor time."""

import json
import random
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID

from openpyxl import Workbook

from bench.costs import Meter, family, memory
from bench.figure import Figure, Options
from bench.ground import ROOT, Ground, Worker, disk_milliseconds, ground, imece, python
from documents import identity, senders
from imece import db, ids, ledger, storage
from imece.contracts.documents import PrepareLetters
from imece.service import find

_HEADS = ("Ünvan", "VKN", "Vergi Dairesi", "E-posta", "Telefon", "Bakiye Tarihi", "Para Birimi", "Borç", "Alacak")
_NAMES = (
    "Çınaraltı Gıda",
    "Söğütlüçeşme Nakliyat",
    "Iğdırlıoğlu Yapı",
    "Gülümser Tekstil",
    "Özgüneş Mobilya",
    "Şimşekler Ambalaj",
    "İncirlikuyu Döküm",
)
_OFFICES = ("Çankaya", "Kozyatağı", "Beyoğlu", "Büyük Mükellefler", "Şirinyer", "Ödemiş")
_LETTERHEAD = {
    "title": "Örnek Ticaret ve Sanayi A.Ş.",
    "address": "Atatürk Bulvarı No: 42 Kat: 3, Kızılay",
    "city": "Ankara",
    "tax_number": "4540536920",
    "tax_office": "Çankaya",
    "email": "muhasebe@ornek.example",
    "phone": "+90 312 555 00 42",
    "contact": "Şule Işık, Muhasebe Müdürü",
}
#: Letters that bare typst renders: before and after, because the machine's speed changes.
_SAMPLE = 600
#: Seconds until the figure is given up.
_PATIENCE = 1800


def measure(options: Options) -> Figure:
    """The house makes all letters; typst alone, with as many threads, makes some of the same before and after."""
    count = options.letters // 10 if options.quick else options.letters
    with ground() as here, _workers(here) as workers:
        company = _company()
        _made(
            here, company, _uploaded(company, 200)
        )  # statements, fonts and templates are known in every process; and typst has its sample
        workbook = _uploaded(company, count)
        bare = [_bare(company)]
        meter = Meter({**{name: worker.pid for name, worker in workers.items()}, **here.servers})
        result, took = _made(here, company, workbook)
        used = {name: seconds for name, seconds in meter.read().items() if name != "driver"}
        bare.append(_bare(company))
        resident = {name: memory(family(worker.pid)).rss for name, worker in workers.items()}
        disk = disk_milliseconds(here.home)
    assert (result["letters"], result["letters_failed"]) == (count, 0), result
    rate, typst = count / sum(used.values()), 2 / sum(1 / one for one in bare)
    return Figure(
        "letters-bulk",
        round(rate, 1),
        "letters per CPU-second",
        {"bare typst": round(typst, 1)},
        {
            "ratio": round(rate / typst, 3),
            "letters": count,
            "seconds": round(took, 1),
            "letters_per_second": round(count / took, 1),
            "cpu_ms_per_letter": {name: round(seconds / count * 1e3, 3) for name, seconds in used.items()},
            "bare_typst_before_and_after": bare,
            "resident_mib_at_the_end": resident,
            "disk_ms": disk,
        },
        f"{rate / typst:.2f} x bare typst ({typst:.1f}); {count:,} letters in {took:.0f} s",
    )


@contextmanager
def _workers(here: Ground) -> Iterator[dict[str, Worker]]:
    """The processes that a batch of letters passes through, one of each as the card has it, and the scheduler."""
    with ExitStack() as stack:
        wanted = {"workbooks": ("worker", "documents", "io"), "letters": ("worker", "documents", "cpu"), "scheduler": ("scheduler",)}
        yield {name: stack.enter_context(here.process(name, [*imece(), *words])) for name, words in wanted.items()}


def _company() -> UUID:
    company = ids.new_id()
    with db.transaction() as session:
        senders.put(session, company, **_LETTERHEAD)
    return company


def _uploaded(company: UUID, count: int) -> str:
    """A workbook of `count` parties in storage, with debits as Turkish text and credits as numbers."""
    draw = random.Random(count)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Cari bakiyeler")
    sheet.append(_HEADS)
    for place in range(count):
        debit = f"{draw.randrange(1, 1000)}.{draw.randrange(1000):03},{draw.randrange(100):02}"
        about = (f"{draw.choice(_NAMES)} {place} Ltd. Şti.", _vkn(place), draw.choice(_OFFICES), f"muhasebe@firma{place}.example", None)
        sheet.append((*about, date(2026, 9, 30), "TRY", debit, draw.randrange(10**7) / 100))
    key = storage.new_key(company, "uploads", "mutabakat.xlsx")
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        storage.put(key, file.read())
    return key


def _vkn(place: int) -> str:
    """The tax number of the party in this place: one that passes its check."""
    body = f"9{place:08}"
    return next(f"{body}{digit}" for digit in range(10) if identity.is_vkn(f"{body}{digit}"))


def _made(here: Ground, company: UUID, workbook: str) -> tuple[dict[str, Any], float]:
    """Submit, wait for the end, and look at the ZIP. Returns the job's result and how many seconds it took."""
    began = time.monotonic()
    with db.transaction() as session:
        job_id = ledger.submit(session, PrepareLetters(workbook=workbook, send=False), company_id=company, requested_by="bench")
    while True:
        with db.transaction() as session:
            job = ledger.find(session, job_id)
        if job.final or time.monotonic() - began > _PATIENCE:
            break
        time.sleep(0.2)
    took = time.monotonic() - began
    result = job.result
    if result is None:
        raise RuntimeError(f"the letters are {job.state} after {took:.0f} s: {job.error or job.progress_note}; see {here.home}")
    with TemporaryFile() as file:
        for piece in storage.stream(result["archive"]):
            file.write(piece)
        with zipfile.ZipFile(file) as archive:
            assert len(archive.namelist()) == result["letters"], f"{len(archive.namelist())} files in the ZIP"
    return result, took


def _bare(company: UUID) -> float:
    """Letters per CPU-second of typst alone, in a process of its own with as many threads as the pool has."""
    threads = find("documents").pool("cpu").threads
    command = python("-m", "bench.bare_typst", str(company), str(_SAMPLE), str(threads))
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return float(json.loads(told.stdout))
