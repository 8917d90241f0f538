"""What can be set, where it comes from, and what it may be."""
