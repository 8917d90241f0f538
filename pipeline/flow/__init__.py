"""How documents go through the stages."""
