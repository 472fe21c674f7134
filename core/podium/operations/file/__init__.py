"""Operations on single files of the checkout."""
