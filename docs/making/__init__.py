"""What makes the documentation: pages written from the code and its tables, lessons, figures, and a check of every link."""
