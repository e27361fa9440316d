"""The face of pricing: its API and its pages, as the gateway shows them. Nothing here asks the database by itself but for names beside numbers."""
