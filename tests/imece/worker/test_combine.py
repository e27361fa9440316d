"""Calls of many threads become few, and each gets its own answer."""

import threading

import pytest

from imece.worker.combine import Combiner


def call_from_threads(combiner: Combiner[int, int], items: range) -> dict[int, int | BaseException]:
    """The answer to each item, every item asked for by a thread of its own."""
    answers: dict[int, int | BaseException] = {}

    def ask(item: int) -> None:
        try:
            answers[item] = combiner(item)
        except ValueError as error:
            answers[item] = error

    threads = [threading.Thread(target=ask, args=(item,)) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def test_a_single_caller_is_answered_at_once_in_its_own_thread() -> None:
    threads: list[int] = []

    def work(items: list[int]) -> list[int]:
        threads.append(threading.get_ident())
        return [item * 2 for item in items]

    assert Combiner(work)(21) == 42
    assert threads == [threading.get_ident()]


def test_those_who_ask_during_a_call_share_the_next_one() -> None:
    entered, go_on = threading.Event(), threading.Event()
    calls: list[list[int]] = []

    def work(items: list[int]) -> list[int]:
        calls.append(items)
        if len(calls) == 1:
            entered.set()
            go_on.wait(20)
        return [item * 2 for item in items]

    combiner = Combiner(work)
    first = threading.Thread(target=combiner, args=(0,))
    first.start()
    entered.wait(20)

    def release() -> None:
        while len(combiner._gathered) < 9:
            pass
        go_on.set()

    releasing = threading.Thread(target=release)
    releasing.start()
    answers = call_from_threads(combiner, range(1, 10))
    first.join(20)
    releasing.join(20)

    assert answers == {item: item * 2 for item in range(1, 10)}
    assert [len(call) for call in calls] == [1, 9]


def test_an_error_reaches_everybody_of_its_call_and_nobody_after_it() -> None:
    broken = True

    def work(items: list[int]) -> list[int]:
        if broken:
            raise ValueError("away")
        return items

    combiner = Combiner(work)
    answers = call_from_threads(combiner, range(8))
    assert all(isinstance(answer, ValueError) for answer in answers.values())
    broken = False
    assert call_from_threads(combiner, range(8)) == {item: item for item in range(8)}


def test_an_answer_too_few_is_an_error_and_not_a_wait_without_end() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Combiner(lambda items: [])(1)


def test_under_a_storm_of_callers_nobody_is_forgotten_or_answered_for_another() -> None:
    combiner: Combiner[int, int] = Combiner(lambda items: [item * 3 for item in items])
    wrong: list[int] = []

    def ask(start: int) -> None:
        wrong.extend(item for item in range(start, start + 300) if combiner(item) != item * 3)

    threads = [threading.Thread(target=ask, args=(n * 1000,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []
