"""Operations on settings."""
