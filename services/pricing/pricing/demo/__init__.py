"""The demo shop: pretend stores on this machine, and what they sell."""
