"""
The outside: one module per way to a person. Each turns words into what its provider takes, says it once, and sorts the provider's answer.

A channel offers what `notify.effects.Channel` describes and knows nothing of the database.
"""
