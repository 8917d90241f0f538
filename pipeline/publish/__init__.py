"""How a collection becomes what readers see, and how that is taken back."""
