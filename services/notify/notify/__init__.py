"""
notify: messages to people, each sent at most once and none lost. SMS, e-mail, Telegram, webhooks; every way out is a folder-mate in `channels/`.

It writes an effect down before it tries it, looks up what it does not know, and asks a person where nothing can be looked up. It is not a
newsletter engine and no mailbox: it decides neither who is written to nor what is said, and it reads no replies. Out of the box it writes to
nobody: everything goes to the catcher, and its page shows what would have been received.
"""
