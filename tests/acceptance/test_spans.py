"""One trace for each delivery reaches a collector: stages, ids and cost, and no text."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from chargehand.bootstrap.otlp import OTLPSink, read_headers
from chargehand.kit.trust import trusted_certificates
from chargehand.pipeline.spans import SpanExport
from tests.house import House
from tests.network.taking import Taken, taking

pytestmark = pytest.mark.anyio
STAGES = ["action", "decision", "delivery", "dispatch"]


@pytest.fixture
def collector() -> Iterator[Taken]:
    with taking() as taken:
        yield taken


def export(house: House, collector: Taken) -> SpanExport:
    headers = read_headers("api-key=the-key, x-team = pay")
    sink = OTLPSink(collector.url, headers=headers, trusted=trusted_certificates(None))
    made = SpanExport(house.stores.database, sink, clock=house.clock)
    made.send_new()
    return made


def received(collector: Taken) -> list[dict[str, Any]]:
    """Every span, once the collector's own schema has read it."""
    found = []
    for _, _, body in collector.posts:
        document = json.loads(body)
        spans = [
            span
            for resource in document["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]
        found += [dict(span) for span in spans]
        for span in spans:
            for key in ("traceId", "spanId", "parentSpanId"):
                # OTLP writes ids in hexadecimal where protobuf's own JSON has base64.
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
        json_format.ParseDict(document, ExportTraceServiceRequest())
    return found


async def test_delivery_is_one_trace_through_every_stage(house: House, collector: Taken) -> None:
    house.mode("auto")
    spans = export(house, collector)

    await house.ask("@bot when is the strawberry release due?")
    await house.ask("nobody is mentioned in this strawberry comment")
    while spans.send_new():
        pass
    spans.send_new()

    found = received(collector)
    answered = next(one["traceId"] for one in found if one["name"] == "action")
    of_answer = {one["name"]: one for one in found if one["traceId"] == answered}
    assert sorted(of_answer) == STAGES
    assert len({one["spanId"] for one in found}) == len(found), "nothing is sent twice"
    assert of_answer["decision"]["parentSpanId"] == of_answer["delivery"]["spanId"]
    assert of_answer["action"]["parentSpanId"] == of_answer["decision"]["spanId"]
    keys = {one["key"]: one["value"] for one in of_answer["decision"]["attributes"]}
    assert keys["chargehand.cost_usd"] == {"doubleValue": 0.0}
    assert keys["chargehand.delivery_id"]["stringValue"].startswith("dlv_")
    assert len({one["traceId"] for one in found}) > 1, "silence is a trace of its own"
    path, headers, _ = collector.posts[0]
    assert (path, headers["api-key"], headers["x-team"]) == ("/v1/traces", "the-key", "pay")
    whole = b"".join(body for _, _, body in collector.posts).decode()
    assert "strawberry" not in whole
    assert not any(name in whole for name in ("Mei", "Tanaka", "example.com"))


async def test_collector_that_is_away_gets_everything_later(house: House, collector: Taken) -> None:
    house.mode("auto")
    spans = export(house, collector)
    collector.status = 503

    await house.ask("@bot when is it due?")
    assert [spans.send_new(), spans.send_new()] == [False, False]
    collector.status, collector.posts = 200, []
    spans.send_new()

    assert sorted({one["name"] for one in received(collector)}) == STAGES
