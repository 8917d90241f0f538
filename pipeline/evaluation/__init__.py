"""How well the collection answers questions whose right document is known, and whether another way answers better."""
