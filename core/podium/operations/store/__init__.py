"""Operations on the store."""
