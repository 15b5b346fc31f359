"""What an app says of itself in a store, held to the store's limits and rules, to its languages and to what people search."""

from mktlib.mobile.listing.check import check_listing, listing_keywords

__all__ = ["check_listing", "listing_keywords"]
