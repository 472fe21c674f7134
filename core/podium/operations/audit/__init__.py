"""Operations that inspect files."""
