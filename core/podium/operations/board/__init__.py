"""Operations on the board."""
