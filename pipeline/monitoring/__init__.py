"""A run while it happens, and after: recorded, followed, shown, exported."""
