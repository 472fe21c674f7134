"""Short ids and how a prefix finds one."""

import hypothesis
import pytest
from hypothesis import strategies as st

from podium.errors import (
    AmbiguousId,
    FindingNotFound,
    NotFoundError,
    PlanNotFound,
    RunNotFound,
    SessionNotFound,
    TaskNotFound,
)
from podium.model.ids import ALPHABET, LENGTH, Kind, new_id, resolve

PLANS = ("p-7k3m9x", "p-7kz000", "p-a1b2c3")


@pytest.mark.promise("S5")
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("p-7k3m9x", "p-7k3m9x"),
        ("p-7k3", "p-7k3m9x"),
        ("7k3", "p-7k3m9x"),
        ("a", "p-a1b2c3"),
        ("a1b2c3", "p-a1b2c3"),
    ],
)
def test_a_unique_prefix_with_or_without_the_letter_finds_the_id(wanted: str, found: str) -> None:
    assert resolve(Kind.PLAN, wanted, PLANS) == found


def test_an_exact_id_wins_over_longer_ones_that_begin_with_it() -> None:
    assert resolve(Kind.TASK, "api", {"api", "api-docs", "api-tests"}) == "api"


@pytest.mark.promise("S5", "W4")
@pytest.mark.parametrize("wanted", ["7k", "p-7k", "p-7"])
def test_an_ambiguous_prefix_names_the_candidates(wanted: str) -> None:
    with pytest.raises(AmbiguousId) as caught:
        resolve(Kind.PLAN, wanted, PLANS)
    assert caught.value.what == f"2 plan ids start with '{wanted}'"
    assert caught.value.why == "p-7k3m9x, p-7kz000"
    assert caught.value.hints == ("type one more character",)


def test_only_five_candidates_are_shown_and_the_rest_is_hinted_at() -> None:
    with pytest.raises(AmbiguousId) as caught:
        resolve(Kind.TASK, "t", [f"t{number}" for number in range(9)])
    assert caught.value.why == "t0, t1, t2, t3, t4 …"


@pytest.mark.promise("W4")
@pytest.mark.parametrize(
    ("kind", "error", "listing"),
    [
        (Kind.PLAN, PlanNotFound, "podium plans"),
        (Kind.TASK, TaskNotFound, "podium tasks"),
        (Kind.SESSION, SessionNotFound, "podium sessions"),
        (Kind.RUN, RunNotFound, "podium status"),
        (Kind.FINDING, FindingNotFound, "podium findings"),
    ],
)
def test_an_unknown_id_is_an_error_of_its_kind_that_says_how_to_list(
    kind: Kind, error: type[NotFoundError], listing: str
) -> None:
    with pytest.raises(error) as caught:
        resolve(kind, "zzz", ())
    assert caught.value.what == f"There is no {kind} 'zzz'"
    assert caught.value.hints == (f"{listing} lists the existing ones",)


@pytest.mark.promise("W4")
@pytest.mark.parametrize("wanted", ["p-7k3m9y", "7k3m9y", "p-a1b3c3", "p7k3m9x"])
def test_an_unknown_id_is_told_the_nearest_ones(wanted: str) -> None:
    with pytest.raises(PlanNotFound) as caught:
        resolve(Kind.PLAN, wanted, PLANS)
    nearest = "p-a1b2c3" if "a1" in wanted else "p-7k3m9x"
    assert caught.value.hints[0].startswith(f"did you mean {nearest}")


def test_nothing_typed_finds_nothing_even_when_there_is_only_one() -> None:
    with pytest.raises(PlanNotFound):
        resolve(Kind.PLAN, "", ["p-7k3m9x"])


@pytest.mark.parametrize("kind", Kind)
def test_a_new_id_has_the_letter_of_its_kind_and_no_look_alikes(kind: Kind) -> None:
    letter, dash, rest = new_id(kind)[0], new_id(kind)[1], new_id(kind)[2:]
    assert (letter, dash, len(rest)) == (kind[0], "-", LENGTH)
    assert set(rest) <= set(ALPHABET)
    assert not set(ALPHABET) & set("ilou")


def test_a_new_id_is_never_a_taken_one(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = iter("000000111111")

    def choose(_: str) -> str:
        return next(letters)

    monkeypatch.setattr("secrets.choice", choose)
    assert new_id(Kind.PLAN, taken={"p-000000"}) == "p-111111"


IDS = st.builds("p-{}".format, st.text(ALPHABET, min_size=LENGTH, max_size=LENGTH))


@pytest.mark.promise("S5")
@hypothesis.given(st.sets(IDS, min_size=1), st.data())
def test_a_prefix_finds_exactly_the_id_it_is_unique_to(
    known: set[str], data: st.DataObject
) -> None:
    wanted = data.draw(st.sampled_from(sorted(known)))
    prefix = wanted[: data.draw(st.integers(4, len(wanted)))]
    sharing = sorted(each for each in known if each.startswith(prefix))
    for typed in (prefix, prefix.removeprefix("p-")):
        if sharing == [wanted]:
            assert resolve(Kind.PLAN, typed, known) == wanted
        elif typed not in known:
            with pytest.raises(AmbiguousId):
                resolve(Kind.PLAN, typed, known)
