"""Operations that look for what is wrong."""
