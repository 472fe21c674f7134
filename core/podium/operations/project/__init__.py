"""Operations on projects."""
