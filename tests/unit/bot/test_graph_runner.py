"""The prediction graph, one component after the other, in an order that is worked out once."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode

from bot.graph_runner import StraightGraphRunner

RAN: list[str] = []


class Joins(GraphComponent):
    """Joins what it is given to its own name."""

    def __init__(self, name: str) -> None:
        self._name = name

    @classmethod
    def create(cls, config: dict[str, Any], *_: Any, **__: Any) -> Joins:
        return cls(config["name"])

    def run(self, first: str = "", second: str = "") -> str:
        RAN.append(self._name)
        if self._name == "broken":
            raise LookupError("out of order")
        return f"{self._name}({first}{second})"


def node(name: str, *, target: bool = False, **needs: str) -> SchemaNode:
    return SchemaNode(needs=needs, uses=Joins, constructor_name="create", fn="run", config={"name": name}, is_target=target)


# Written down in no useful order, as a schema may be.
SCHEMA = GraphSchema({
    "both": node("both", target=True, first="left", second="right"),
    "right": node("right", first="root"),
    "left": node("left", first="root"),
    "other": node("other", target=True, first="words"),
    "root": node("root", first="words"),
    "broken": node("broken", first="words"),
})


@pytest.fixture
def runner() -> StraightGraphRunner:
    RAN.clear()
    return StraightGraphRunner.create(SCHEMA, None, ExecutionContext(SCHEMA))


def test_each_component_runs_once_after_what_it_needs(runner: StraightGraphRunner) -> None:
    """And none that the target can do without."""
    assert runner.run({"words": "w"}, ["both"]) == {"both": "both(left(root(w))right(root(w)))"}
    assert RAN == ["root", "left", "right", "both"]


def test_targets_of_the_schema_are_the_default(runner: StraightGraphRunner) -> None:
    assert set(runner.run({"words": "w"})) == {"both", "other"}


def test_every_run_is_of_its_own_inputs(runner: StraightGraphRunner) -> None:
    """What is remembered is the order, nothing of a message."""
    assert runner.run({"words": "one"}, ["other"]) == {"other": "other(one)"}
    assert runner.run({"words": "two"}, ["other"]) == {"other": "other(two)"}
    assert RAN == ["other", "other"]


@pytest.mark.parametrize("inputs", [None, {}, {"wordz": "w"}], ids=["none", "empty", "another"])
def test_missing_input_is_an_error(runner: StraightGraphRunner, inputs: dict[str, str] | None) -> None:
    with pytest.raises(GraphRunError, match="words"):
        runner.run(inputs, ["both"])


def test_input_called_like_a_component_is_an_error(runner: StraightGraphRunner) -> None:
    """It would stand where the component's output belongs."""
    with pytest.raises(GraphRunError, match="root"):
        runner.run({"words": "w", "root": "mine"}, ["both"])
    assert RAN == []


def test_error_of_a_component_reaches_the_caller(runner: StraightGraphRunner) -> None:
    """As the cause of Rasa's own error, which names the component."""
    with pytest.raises(Exception, match="broken") as raised:
        runner.run({"words": "w"}, ["broken"])
    assert isinstance(raised.value.__cause__, LookupError)
