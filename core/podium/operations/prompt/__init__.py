"""Operations that help people to enter parameters."""
