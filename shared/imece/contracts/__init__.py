"""
What services ask of each other: one frozen, versioned model per kind of work, one module per service.

Submitting a contract needs no import of the service that will do the work: `ledger.submit(session, SendEmail(...), ...)`.
"""

from imece.contracts import documents, notify, pricing, transcription
from imece.contracts.contract import Contract, Moment, Nothing, Result, Role, declared, find

__all__ = ["Contract", "Moment", "Nothing", "Result", "Role", "declared", "documents", "find", "notify", "pricing", "transcription"]
