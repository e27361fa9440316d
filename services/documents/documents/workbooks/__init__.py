"""
The outside of `documents`: files that people upload as tables.

`opened(path)` gives the rows of the first visible sheet, or raises `Unreadable` with one sentence. Every file is opened by a child process
with limits on memory and time, because readers of spreadsheets can be made to abort, to hang and to fill the memory.
"""

from documents.workbooks.cells import Broken, Cell, Limits, Row, Unreadable, column_name
from documents.workbooks.sheet import Sheet, opened

__all__ = ["Broken", "Cell", "Limits", "Row", "Sheet", "Unreadable", "column_name", "opened"]
