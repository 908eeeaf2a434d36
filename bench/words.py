"""Invented words, as unevenly used as real ones."""

from __future__ import annotations

import random

SYLLABLES = "ba be bo da de du fa ka ke ki la lo ma me mi na no pa ra re ri sa so ta te to va wa ya ze".split()


class Words:
    """Words that occur as often as words do: the n-th commonest 1/n as often as the first."""

    def __init__(self, dice: random.Random, number: int = 20_000) -> None:
        self.dice = dice
        self.words = ["".join(dice.choices(SYLLABLES, k=dice.choice((1, 2, 2, 3, 3, 4)))) for _ in range(number)]
        self.weights = [1 / (place + 1) for place in range(number)]
        self.pool: list[str] = []
        self.taken = 0
        self.paragraphs: list[str] = []
        """Some that were made before, for whoever needs millions."""

    def take(self, number: int) -> list[str]:
        if len(self.pool) - self.taken < number:
            self.pool, self.taken = self.dice.choices(self.words, self.weights, k=200_000), 0
        self.taken += number
        return self.pool[self.taken - number : self.taken]

    def line(self, number: int) -> str:
        return " ".join(self.take(number)).capitalize()
