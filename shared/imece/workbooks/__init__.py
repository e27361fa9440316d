"""
Files that people upload as tables, read without trust: .xlsx, .xlsb, .xls, .ods, CSV, and HTML that calls itself one of these.

`opened(path)` gives the rows of the first visible sheet, or raises `Unreadable` with one sentence. Every file is opened by a child process
with limits on memory and time, because readers of spreadsheets can be made to abort, to hang and to fill the memory. The readers are
the extra `imece[workbooks]`.
"""

from imece.workbooks.cells import Broken, Cell, Limits, Row, Unreadable, column_name
from imece.workbooks.sheet import Sheet, opened

__all__ = ["Broken", "Cell", "Limits", "Row", "Sheet", "Unreadable", "column_name", "opened"]
