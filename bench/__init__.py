"""
Figures of this house, each measured beside its peers in the same run: `python -m bench [FIGURE]`.

Not part of the product: nothing here is installed or imported by it. How each figure is measured stands in README.md.
"""
