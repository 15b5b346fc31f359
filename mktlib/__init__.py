"""mktlib."""
