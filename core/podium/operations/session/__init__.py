"""Operations on sessions."""
