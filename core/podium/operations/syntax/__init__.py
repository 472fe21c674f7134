"""Operations on the syntax of files."""
