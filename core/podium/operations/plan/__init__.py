"""Operations on plans."""
