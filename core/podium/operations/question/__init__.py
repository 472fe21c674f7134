"""Operations on questions that hold a task or a run."""
