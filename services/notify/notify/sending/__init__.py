"""How a message leaves and what becomes of it: its way out, its turn, the try, the word on it, and what is done when no word comes."""
