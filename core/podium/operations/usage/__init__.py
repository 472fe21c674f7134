"""Operations on what agent calls used."""
