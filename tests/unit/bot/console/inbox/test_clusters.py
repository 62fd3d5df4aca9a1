"""Which vectors lie together; what is a copy of what; what helps most."""

from __future__ import annotations

import numpy as np
import pytest

from bot.console.inbox.clusters import central, clusters, copies, nearest
from bot.console.inbox.ranking import Asked, help_of
from bot.console.inbox.rules import Rules
from bot.console.inbox.vectors import Letters, folded, packed, unpacked


def at(*degrees: float) -> np.ndarray:
    """Unit vectors in a plane: the cosine of two is that of the angle between them."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_cluster_is_what_lies_around_its_central_message() -> None:
    """The one with most around it gives the name; what is near a member only is not taken along by it."""
    cluster, centres = clusters(at(0, 10, 20, 35, 80), np.cos(np.radians(12)), np.ones(5))
    assert cluster.tolist() == [0, 0, 0, 1, 2]
    assert centres == [1, 3, 4]


def test_a_message_that_was_sent_often_is_more_central() -> None:
    """Copies count for the one that stands for them."""
    _, centres = clusters(at(0, 10, 20), np.cos(np.radians(11)), np.array([1.0, 1.0, 1.0]))
    assert centres[0] == 1
    _, centres = clusters(at(0, 10, 21, 31), np.cos(np.radians(12)), np.array([9.0, 1.0, 1.0, 1.0]))
    assert centres[0] in (0, 1)


def test_everything_is_in_one_cluster_however_many_there_are() -> None:
    """Over the edge of the blocks in which cosines are computed, and for a vector that rounding shortened."""
    vectors = np.random.default_rng(1).normal(size=(1200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cluster, centres = clusters(vectors * np.float32(0.9999), 0.99999, np.ones(1200))
    assert (cluster >= 0).all() and len(centres) == len(set(cluster.tolist()))


@pytest.mark.parametrize("count", [5, 700])
def test_copies_are_folded_under_the_first(count: int) -> None:
    """The same words, or nearly the same meaning; a copy of a copy is a copy of the first."""
    texts = [f"text {index % (count - 1)}" for index in range(count)]
    of = copies(texts, at(*np.linspace(0, 180, count - 1), 0), np.cos(np.radians(0.1)))
    assert of.tolist() == [*range(count - 1), 0]
    near = copies(["a", "b", "c"], at(0, 1, 40), np.cos(np.radians(2)))
    assert near.tolist() == [0, 0, 2]


def test_the_nearest_centre_is_found_where_one_is_near_enough() -> None:
    """And none where there is none at all."""
    assert nearest(at(1, 44, 20), at(0, 45), np.cos(np.radians(5))).tolist() == [0, 1, -1]
    assert nearest(at(1), np.empty((0, 2), np.float32), 0.5).tolist() == [-1]
    assert central(at(0, 30, 35)) == 1


def test_letters_find_near_copies_without_an_encoder() -> None:
    """Unit vectors, also of a text without any letter; case, accents and points make no difference."""
    vectors = Letters().encode(["My baby cries!", "my  baby críes", "Who runs NMAIMH?", "", "…"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    assert vectors[0] @ vectors[1] == pytest.approx(1) and vectors[0] @ vectors[2] < 0.3
    assert folded("¿Qué  tal?") == "que tal"


def test_a_vector_comes_back_from_the_database_nearly_as_it_was() -> None:
    """Two bytes a number: cosines differ in the fourth digit."""
    vectors = np.random.default_rng(1).normal(size=(4, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert (vectors * unpacked(packed(vectors))).sum(axis=1) == pytest.approx(1, abs=1e-4)


DAY = 24 * 3600.0
PLAIN = Asked("asked_back", 0.4, 0.3, DAY)


@pytest.mark.parametrize(("more", "less"), [
    ([PLAIN, PLAIN], [PLAIN]),
    ([Asked("thumbs_down", 0.4, 0.3, DAY)], [PLAIN]),
    ([PLAIN], [Asked("sample", 0.4, 0.3, DAY)]),
    ([PLAIN], [Asked("asked_back", 0.9, 0.1, DAY)]),
    ([PLAIN], [Asked("asked_back", 0.4, 0.3, 60 * DAY)]),
    ([Asked("asked_back", 0.4, 0.3, DAY, copies=9)], [PLAIN]),
    ([PLAIN, PLAIN, PLAIN, PLAIN], [Asked("asked_back", 0.4, 0.3, DAY, copies=9)]),
], ids=["more people", "a person said so", "a sample is mostly right", "near the border", "new", "often asked",
        "different words teach more than the same again"])
def test_what_helps_more_comes_first(more: list[Asked], less: list[Asked], rules: Rules) -> None:
    """Each part of the formula, everything else being equal."""
    assert help_of(more, rules) > help_of(less, rules) > 0
