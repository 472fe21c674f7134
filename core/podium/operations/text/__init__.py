"""What faces need in order to read and write texts as Podium does."""
