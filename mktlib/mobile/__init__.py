"""Phones: whether a page works on one, and whether a listing suits its store."""

from mktlib.mobile.listing import check_listing, listing_keywords

__all__ = ["check_listing", "listing_keywords"]
