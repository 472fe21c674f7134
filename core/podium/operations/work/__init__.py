"""Operations on finished work."""
