"""Runs of Bitbucket Pipelines, found again by the variable they were begun with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chargehand.connectors.bitbucket.cloud_shapes import link_in
from chargehand.connectors.bitbucket.dialect import Pipeline
from chargehand.connectors.bitbucket.params import RUN_VARIABLE, PipelineParams
from chargehand.connectors.bitbucket.seen import iso_in, number_in, people_in
from chargehand.connectors.bitbucket.transport import BitbucketTransport, Call, path_of
from chargehand.domain.json import JSONObject, JSONValue
from chargehand.kit.tolerant import Fields, fields_in, text_in

_PAGE: Final = 50


def run_call(path: str, repository: str, params: PipelineParams, action_id: str) -> Call:
    """The request that runs a pipeline; `path` is the repository's."""
    target: dict[str, JSONValue] = {
        "type": "pipeline_ref_target",
        "ref_type": params.ref_type,
        "ref_name": params.ref_name,
    }
    if params.pipeline is not None:
        target["selector"] = {"type": "custom", "pattern": params.pipeline}
    variables = {**params.variables, RUN_VARIABLE: action_id}
    body: JSONObject = {
        "type": "pipeline",
        "target": target,
        "variables": [
            {"type": "pipeline_variable", "key": key, "value": value}
            for key, value in variables.items()
        ],
    }
    name = f"pipelines of {repository}"
    return Call("POST", f"{path}/pipelines", "run a pipeline", name, body=body)


def stop_call(path: str, uuid: str) -> Call:
    """The request that stops a run."""
    where = f"{path}{path_of('pipelines', uuid, 'stopPipeline')}"
    return Call("POST", where, "stop a pipeline", f"pipeline {uuid}")


def pipeline_of(found: Fields) -> Pipeline | None:
    """A run; None for what has no id."""
    uuid = text_in(found, "uuid")
    if not uuid:
        return None
    return Pipeline(
        uuid=uuid,
        number=number_in(found, "build_number") or 0,
        url=link_in(found) or link_in(found, "self"),
        is_over=text_in(fields_in(found, "state"), "name") == "COMPLETED",
        variables={
            text_in(one, "key"): text_in(one, "value") for one in people_in(found, "variables")
        },
    )


async def pipelines_since(
    transport: BitbucketTransport, path: str, since: datetime
) -> Sequence[Pipeline]:
    """The runs begun since a moment, newest first.

    Raises: the errors of plugins/errors.py.
    """
    call = Call(
        "GET",
        f"{path}/pipelines",
        "list pipelines",
        "the pipelines",
        query={"sort": "-created_on", "pagelen": _PAGE},
    )
    found: list[Pipeline] = []
    async for page in transport.pages(call):
        for one in page:
            began_at = iso_in(one, "created_on")
            if began_at is not None and began_at < since:
                return found
            run = pipeline_of(one)
            if run is not None:
                found.append(run)
    return found
