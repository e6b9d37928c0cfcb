"""Principles: the built-in ones, and what reads and checks them."""
