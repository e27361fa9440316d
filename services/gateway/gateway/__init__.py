"""
The front door: the HTTP API, uploads and downloads, live progress, and the web console.

It does no work itself: whatever takes longer than a moment is submitted to the ledger as a job of another service.
"""
