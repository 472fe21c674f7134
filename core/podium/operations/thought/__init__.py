"""Operations on thoughts."""
