"""
Price radar: a million products, checked politely.

So far the service keeps only its own house in order: it deletes product lists uploaded for import when their retention has passed. It has no tables yet, and it is
not the place for anything another service needs.
"""
