"""What messages say: templates and their versions, values as a language writes them, and what a text becomes as SMS."""
