"""Reading a product page: what it costs, whether it can be ordered, and how sure that is."""
