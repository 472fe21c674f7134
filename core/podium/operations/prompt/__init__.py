"""Operations on what a person can fill in."""
