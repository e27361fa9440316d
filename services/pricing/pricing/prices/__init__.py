"""What products cost and when: what a look gave, written down where it changed, and what a claimed discount is worth beside it."""
