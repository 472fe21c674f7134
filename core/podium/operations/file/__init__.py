"""Operations on individual files in the checkout."""
