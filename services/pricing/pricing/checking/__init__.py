"""How products are looked at: how urgent each is, what is due in batches with a job each, what a store's own feed says, and how far all of it is."""
