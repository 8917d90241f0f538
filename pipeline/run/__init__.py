"""The one run of this process: what it is, what it knows, and what it leaves."""
