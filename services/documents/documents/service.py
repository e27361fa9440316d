"""The card of documents."""

import os

from imece.contracts.documents import PruneDocuments
from imece.service import Pool, Service, Tick

#: typst lets other threads run while it renders; what is left to Python is a tenth, so that beyond six threads it is another process that helps.
_THREADS = min(max(os.cpu_count() or 2, 2), 6)

card = Service(
    name="documents",
    about="Reconciliation letters (mutabakat) from any spreadsheet",
    pools=(
        Pool("cpu", queues=("documents.letters",), threads=_THREADS, prefetch=64),
        # A workbook is read in a child process of up to 512 MB: few at a time.
        Pool("io", queues=("documents.workbooks",), threads=2, prefetch=2),
        Pool("maintenance", queues=("documents.maintenance",), threads=1, prefetch=1),
    ),
    ticks=(Tick("20 2 * * *", PruneDocuments()),),
)
