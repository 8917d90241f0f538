"""A page on this machine to search with: no JavaScript, nothing from elsewhere, nobody else's business."""
