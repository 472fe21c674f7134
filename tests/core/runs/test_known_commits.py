"""What a runner knows about commits saves questions and never hides an answer."""

from podium.runs.known_commits import KnownCommits

TIP, RESULT, OTHER, HEAD = "t" * 40, "r" * 40, "o" * 40, "h" * 40


def known() -> KnownCommits:
    """Return the knowledge of a runner that saw the branch, and then made a result."""
    made = KnownCommits()
    made.learn_contained(TIP, HEAD, [])
    made.learn_result(RESULT)
    return made


def test_a_result_that_is_new_cannot_be_on_a_branch_that_only_this_runner_moved() -> None:
    made = known()
    assert not made.may_have(TIP, RESULT)
    made.learn_advanced(TIP, OTHER)
    assert not made.may_have(OTHER, RESULT)


def test_it_may_be_on_a_branch_that_was_moved_by_somebody_else() -> None:
    made = known()
    assert made.may_have(OTHER, RESULT)
    made.learn_contained(OTHER, HEAD, [])
    assert made.may_have(OTHER, RESULT)


def test_it_may_be_where_this_runner_has_merged_it() -> None:
    made = known()
    made.learn_advanced(TIP, RESULT)
    assert made.may_have(RESULT, RESULT)


def test_nothing_is_known_of_the_commits_of_others() -> None:
    assert known().may_have(TIP, OTHER)
    assert KnownCommits().may_have(TIP, RESULT)
