"""What the catcher has kept, as it is read: its mails, its texts, and both as one inbox."""
