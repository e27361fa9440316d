"""What is watched and where it is sold: products, their stores and categories, and lists of them that come in and go out."""
