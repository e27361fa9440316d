"""Reconciliation letters (mutabakat) from any spreadsheet: workbooks in, validated balances, letters out. It sends nothing; `notify` does."""
