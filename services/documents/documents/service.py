"""The card of documents."""

from imece.contracts.documents import PruneDocuments
from imece.service import Pool, Service, Tick

card = Service(
    name="documents",
    about="Reconciliation letters (mutabakat) from any spreadsheet",
    pools=(
        # typst lets other threads run while it renders. Two threads keep one core busy through each other's waits for PostgreSQL; more cores are more processes.
        Pool("cpu", queues=("documents.letters",), threads=2, prefetch=64),
        # A workbook is read in a child process of up to 512 MB: few at a time.
        Pool("io", queues=("documents.workbooks",), threads=2, prefetch=2),
        Pool("maintenance", queues=("documents.maintenance",), threads=1, prefetch=1),
    ),
    ticks=(Tick("20 2 * * *", PruneDocuments()),),
)
