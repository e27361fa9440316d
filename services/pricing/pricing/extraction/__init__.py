"""
Reading a product page: what it costs, whether it can be ordered, and how sure that is.

`extract` reads a page in hand, `Scanner` one that is still arriving; each gives a `Reading`.
"""

from pricing.extraction.offer import CONFIDENT, Availability, Offer, Reading, State
from pricing.extraction.rules import Rule
from pricing.extraction.scanner import LARGEST, Scanner, extract

__all__ = ["CONFIDENT", "LARGEST", "Availability", "Offer", "Reading", "Rule", "Scanner", "State", "extract"]
