"""What is said of a brand: how much, in which tone, about what, and when that is out of the ordinary."""
