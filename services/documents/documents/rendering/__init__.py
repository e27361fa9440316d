"""From the content of a document to its PDF, by typst. What is said lies in `templates`, how letters look in `fonts`; nothing else of the machine is used."""

from documents.rendering.letter import Balance, Dealer, Letter, Logo, Receiver, Sender, Side, TaxKind, pdf, proof

__all__ = ["Balance", "Dealer", "Letter", "Logo", "Receiver", "Sender", "Side", "TaxKind", "pdf", "proof"]
