"""Where every derived file lives, and how files are read and written."""
