"""Phones: whether a page works on one, and whether a listing suits its store."""

from mktlib.mobile.app import app_brief, launch_sheet
from mktlib.mobile.listing import check_listing, listing_keywords
from mktlib.mobile.page import check_page
from mktlib.mobile.page_brief import page_brief

__all__ = ["app_brief", "check_listing", "check_page", "launch_sheet", "listing_keywords", "page_brief"]
