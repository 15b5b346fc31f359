"""Rows of rules applied to a text: the manner of a brand, the room of a place, what must be proved, what shuts readers out."""
