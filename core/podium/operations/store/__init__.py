"""Operations on the store itself."""
