"""Walks by cursors: nothing twice, nothing left out, however much of it is for others."""

import pytest

from accounts.models.people import User
from core import errors, paging

SIZE = 5


def walk(ids: list[int], seen: set[int]) -> tuple[list[list[int]], list[list[int]]]:
    """The pages, and for each how many candidates were looked at in each round."""
    looked: list[list[int]] = []

    def fetch(after, number: int) -> list[User]:
        return [User(pk=id) for id in ids if after is None or id < after[0]][:number]

    def keep(rows: list[User]) -> list[User]:
        looked[-1].append(len(rows))
        return [row for row in rows if row.pk in seen]

    pages, cursor = [], ""
    while True:
        looked.append([])
        page = paging.walk(fetch, cursor=cursor, size=SIZE, keep=keep)
        pages.append([row.pk for row in page.rows])
        cursor = page.next
        if not cursor:
            return pages, looked


@pytest.mark.parametrize("share", [1, 2, 3, 4, 7, 10, 25, 100, 1000])
def test_a_walk_shows_each_once_in_order(share: int) -> None:
    ids = list(range(1000, 0, -1))
    pages, looked = walk(ids, {id for id in ids if id % share == 0})
    assert [id for page in pages for id in page] == [id for id in ids if id % share == 0]
    assert all(len(page) <= SIZE for page in pages)
    most = SIZE * paging.PAGES_A_ROUND * paging.MOST
    assert all(sum(rounds) <= most and len(rounds) <= paging.ROUNDS for rounds in looked)


def test_who_sees_little_is_asked_for_once() -> None:
    ids = list(range(1000, 0, -1))
    first = SIZE * paging.PAGES_A_ROUND
    _pages, looked = walk(ids, {id for id in ids if id % 50 == 0})
    assert looked[0] == [first, first * (paging.MOST - 1)]
    assert looked[1] == [first * paging.MOST]
    _pages, looked = walk(ids, set(ids))
    assert all(len(rounds) == 1 and rounds[0] <= first for rounds in looked)
    begins_sparse = {id for id in ids if id < 900}
    _pages, looked = walk(ids, begins_sparse)
    assert looked[0] == [first, first * (paging.MOST - 1)]
    assert looked[2] == [first]  # and is dense now


def test_a_cursor_of_another_length_is_refused() -> None:
    for cursor in ("rubbish", paging.encode((1, 2, 3)), paging.encode(("a" * 3000,))[:50]):
        with pytest.raises(errors.Invalid):
            paging.walk(lambda after, number: [], cursor=cursor, size=SIZE, keep=lambda rows: rows)
