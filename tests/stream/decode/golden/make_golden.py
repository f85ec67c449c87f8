#!/usr/bin/env python3
"""Prints the golden bytes of avro_decoder_test.cc, protobuf_decoder_test.cc and
confluent_framing_test.cc, as hexadecimal, made by tools that are not ours:

  Avro       fastavro 1.13.1
  Protobuf   protoc 3.21.12 --encode
  framing    confluent-kafka 2.16.0, schema_registry.serde.SchemaId

  pip install fastavro==1.13.1 confluent-kafka[schemaregistry]==2.16.0 && ./make_golden.py
"""

import datetime
import decimal
import io
import json
import pathlib
import subprocess

import fastavro
from confluent_kafka.schema_registry.serde import SchemaId

HERE = pathlib.Path(__file__).parent
UTC = datetime.timezone.utc


def show(name, data):
    print(f"{name} {data.hex()}")


def avro(name, schema, record):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), record)
    show(name, out.getvalue())


EVENT = {
    "skipped": {"note": "n", "next": {"note": "m", "next": None}},
    "id": -7, "count": 12, "amount": 2.5, "ratio": 0.5, "paid": True, "user": "Zoë",
    "raw": b"\x00\xff", "status": "SENT",
    "at": datetime.datetime(2013, 1, 1, 10, 0, 0, 123000, tzinfo=UTC),
    "at_us": datetime.datetime(2013, 1, 1, 10, 0, 0, 123456, tzinfo=UTC),
    "day": datetime.date(2013, 1, 1), "clock": datetime.time(1, 2, 3, 456000),
    "price": decimal.Decimal("-12345.67"), "fixed_price": decimal.Decimal("1.5"),
    "key": "89791762-2336-4186-9674-299b90a802e2",
    "tags": ["a", None, "b"], "skipped_tags": ["x", "y"], "place": [1.0, -0.5, 3.0],
    "prices": {"y": 2.0, "x": 1.5}, "user_info": {"city": "Bern", "age": 41},
}
SCHEMA = json.loads((HERE / "event.avsc").read_text())
avro("avro_full", SCHEMA, EVENT)
avro("avro_nulls", SCHEMA, {**EVENT, "user": None, "at_us": None, "tags": [], "place": [0, 0, 0],
                            "prices": {}, "user_info": None})

TEXTS = {
    "proto_full": """
        id: -7 count: 12 amount: 2.5 ratio: 0.5 paid: true user: "Zo\\303\\253" raw: "\\000\\377"
        status: SENT at {seconds: 1357034400 nanos: 123456789} took {seconds: -1 nanos: -500000000}
        big: 9223372036854775807 delta: -3 f64: 5 sf32: -6 boxed {value: 0} tags: ["a", "b"]
        counts: [1, -1, 300] place: [1, -0.5, 3] prices {key: "y" value: 2} prices {key: "x" value: 1.5}
        user_info {city: "Bern" age: 41 next {city: "deep"}} card: "visa" history: [SENT, NEW]
        skipped: "not wanted" """,
    "proto_empty": "",
}
for name, text in TEXTS.items():
    data = subprocess.run(["protoc", "--encode=shop.Event", f"-I{HERE}", "event.proto"],
                          input=text.encode(), capture_output=True, check=True).stdout
    show(name, data)

GUID = "89791762-2336-4186-9674-299b90a802e2"
show("frame_avro", SchemaId("AVRO", 70001).id_to_bytes())
show("frame_guid", SchemaId("AVRO", guid=GUID).guid_to_bytes())
for indices in [0], [1], [1, 0]:
    show(f"frame_protobuf {indices}", SchemaId("PROTOBUF", 7, message_indexes=indices).id_to_bytes())
show("frame_protobuf guid [1, 0]",
     SchemaId("PROTOBUF", guid=GUID, message_indexes=[1, 0]).guid_to_bytes())

CHANGE = {"type": "record", "name": "Envelope", "namespace": "db.shop", "fields": [
    {"name": "before", "type": ["null", {"type": "record", "name": "Value", "fields": [
        {"name": "id", "type": "int"}, {"name": "name", "type": ["null", "string"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}]},
    {"name": "after", "type": ["null", "Value"]},
    {"name": "op", "type": "string"}, {"name": "ts_ms", "type": ["null", "long"]}]}
AT = datetime.datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
avro("avro_change", CHANGE, {"before": {"id": 1, "name": "Anne", "at": AT},
                             "after": {"id": 1, "name": None, "at": AT}, "op": "u", "ts_ms": 5})
avro("avro_deletion", CHANGE, {"before": {"id": 1, "name": "Anne", "at": AT}, "after": None,
                               "op": "d", "ts_ms": None})
