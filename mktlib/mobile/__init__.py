"""Phones: whether a page works on one, and whether a listing suits its store."""
