from typing import Any

import pytest

from exempla.cluster import pool
from exempla.errors import BadInput
from exempla.settings import Settings


def node(cpus: float, gpus: float = 0, alive: bool = True) -> dict[str, Any]:
    return {"Alive": alive, "Resources": {"CPU": cpus} | ({"GPU": gpus} if gpus else {})}


def settings(ray: dict[str, Any], **engine: Any) -> Settings:
    return Settings.model_validate({"ray": ray, "engine": engine})


TWO_NODES = [node(32, 8), node(32, 8), node(32, 8, alive=False)]


@pytest.mark.parametrize(
    ("ray", "engine", "nodes", "expected"),
    [
        ({}, {}, TWO_NODES, (16, 1)),
        ({}, {"args": {"tensor_parallel_size": 2}}, TWO_NODES, (8, 2)),
        ({}, {"args": {"tensor_parallel_size": 2, "data_parallel_size": 4}}, TWO_NODES, (2, 8)),
        ({"gpus": 0.5}, {}, TWO_NODES, (32, 0.5)),
        ({"gpus": 3}, {}, TWO_NODES, (4, 3)),
        ({"cpus": 16}, {}, TWO_NODES, (4, 1)),
        ({"actors": 3}, {}, TWO_NODES, (3, 1)),
        ({}, {"name": "scripted"}, TWO_NODES, (1, 0)),
        ({}, {"servers": ["http://127.0.0.1:8000/v1"]}, TWO_NODES, (1, 0)),
        ({}, {}, [node(4)], (1, 0)),
        ({"actors": 4}, {}, [node(2)], (4, 0)),
        ({"actors": 4, "gpus": 8}, {}, [node(2)], (4, 8)),
    ],
)
def test_there_are_as_many_actors_as_the_gpus_allow(
    ray: dict[str, Any],
    engine: dict[str, Any],
    nodes: list[dict[str, Any]],
    expected: tuple[int, float],
) -> None:
    assert pool(settings(ray, **engine), nodes) == expected


@pytest.mark.parametrize("ray", [{"gpus": 9}, {"cpus": 64}])
def test_an_actor_that_fits_on_no_node_is_refused(ray: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="no node of the Ray cluster has") as caught:
        pool(settings(ray), TWO_NODES)
    assert "ray.gpus" in caught.value.problems[0].remedy
