"""`python -m imece` is `imece`."""

from imece.cli import main

main()
