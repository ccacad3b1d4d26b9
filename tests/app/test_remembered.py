from __future__ import annotations

from app.remembered import Remembered


def test_an_answer_is_made_once_until_it_is_forgotten() -> None:
    answers = Remembered({}, 10)
    made: list[str] = []

    def ask(kind: str, number: int = 0) -> int:
        def make() -> int:
            made.append(kind)
            return number

        return answers.recall((kind, number), make)

    assert [ask("plan", 1), ask("plan", 1), ask("art", 2)] == [1, 1, 2]
    assert made == ["plan", "art"]
    answers.drop("plan")
    ask("plan", 1)
    ask("art", 2)
    assert made == ["plan", "art", "plan"]
    answers.forget("plan")
    ask("plan", 1)
    ask("art", 2)
    assert made == ["plan", "art", "plan", "art"]


def test_large_answers_are_few_and_do_not_push_the_others_out() -> None:
    answers = Remembered({"tracks": 2}, 3)
    made: list[tuple[str, int]] = []

    def ask(kind: str, number: int) -> None:
        answers.recall((kind, number), lambda: made.append((kind, number)))

    for number in range(50):
        ask("tracks", number)
        ask("row", number % 3)
    assert [number for kind, number in made if kind == "row"] == [0, 1, 2]
    made.clear()
    for number in (49, 48, 47, 49):
        ask("tracks", number)
    assert made == [("tracks", 47), ("tracks", 49)], "the one asked longest ago goes first"


def test_what_changed_while_an_answer_was_made_is_not_remembered() -> None:
    answers = Remembered({}, 3)

    def make() -> str:
        answers.forget()
        return "old"

    assert answers.recall(("x",), make) == "old"
    assert answers.recall(("x",), lambda: "new") == "new"
