"""Phones: whether a page works on one, and whether a listing suits its store."""

from mktlib.mobile.listing import check_listing, listing_keywords
from mktlib.mobile.page import check_page

__all__ = ["check_listing", "check_page", "listing_keywords"]
