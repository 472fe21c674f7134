"""Operations that look at this machine."""
