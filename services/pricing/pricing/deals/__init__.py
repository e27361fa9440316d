"""What is worth telling and who is told: deals, watches and those they are for, and the digests that say it."""
