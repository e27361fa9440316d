"""The face of notify: its API, its pages, and what is anybody's: unsubscribing, and providers' receipts."""
