"""
notify: messages to people, each sent at most once and none lost. E-mail so far; every way out is a folder-mate in `channels/`.

It writes an effect down before it tries it, looks up what it does not know, and asks a person where nothing can be looked up. It is not a
newsletter engine and no mailbox: it decides neither who is written to nor what is said, and it reads no replies. Out of the box it writes to
nobody: mails go to the catcher, which keeps them as files.
"""
