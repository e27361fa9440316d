"""Price radar: a million products, checked politely; what they cost and when, and who is told of it."""
