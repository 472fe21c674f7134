"""Operations on findings."""
