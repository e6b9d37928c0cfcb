"""Kinds, seeds and axes: the built-in ones, and what reads, checks and renders them."""
