"""Operations on the input of people."""
