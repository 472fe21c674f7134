"""State shared by all features of one editor connection; independent of those features."""
