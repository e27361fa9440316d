"""The same to many: a list is read, checked and priced row by row, and written down as messages, or refused with reasons."""
