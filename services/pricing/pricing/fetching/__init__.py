"""
Asking shops: what is due at them, politely, within bounds, and never inside our own network.

A batch is one `Visit`: one event loop in a thread of its own, a few lanes per shop, results in portions as they come. What several workers must agree
on - a shop's pace, its holds, its circuit, its robots.txt - is in Redis, on Redis' own clock.
"""
