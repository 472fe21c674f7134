"""Operations that examine this machine."""
