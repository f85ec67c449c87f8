"""What a view answers at T, from the list of its records: matching of retractions, `where`, `by`,
shapes of inputs, `ttl`, `freshness`, `default` and expression features."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass

import aggregations
import expressions
import windows

OPTIONS = {"window", "lag", "bounds", "where", "by", "default", "with_request", "exclude_current",
           "q", "k", "p", "half_life", "alpha", "order_by", "with", "max_values", "max_keys",
           "max_events", "top", "top_by", "elementwise", "dim"}


@dataclass
class Record:
    order: tuple  # event time, index of the source in the view, partition, offset
    fields: dict  # without the event time
    retract: bool = False


@dataclass
class Answer:
    value: object
    status: str
    count: int = 0
    newest: int | None = None  # event time
    age: int | None = None


def aggregation_of(feature):
    (name,) = set(feature) - OPTIONS
    return name


def surviving(records):
    """(live, unmatched retractions): a retraction takes one record of its source, time and fields,
    whichever of the two comes first."""
    groups = defaultdict(lambda: ([], []))
    for record in records:
        given = {k: v for k, v in record.fields.items() if v is not None}
        print_ = json.dumps([record.order[:2], given], sort_keys=True)
        groups[print_][record.retract].append(record)
    live, unmatched = [], []
    for inserts, retractions in groups.values():
        met = min(len(inserts), len(retractions))
        live += sorted(inserts, key=lambda r: r.order)[: len(inserts) - met]
        unmatched += sorted(retractions, key=lambda r: r.order)[met:]
    return sorted(live, key=lambda r: r.order), sorted(unmatched, key=lambda r: r.order)


class View:
    def __init__(self, spec, keys, map_fields, records, available_from=None):
        """`records` are those of the view's sources that were applied; without `available_from`
        they are all there ever were."""
        self.spec, self.keys, self.map_fields = spec, keys, map_fields
        self.available_from = available_from
        self.records = [r for r in records if all(r.fields.get(k) is not None for k in keys)]

    def read(self, name, key, at, request=None):
        feature = self.spec["features"][name]
        if "expr" in feature:
            names = set(re.findall(r"[A-Za-z_]\w*", feature["expr"])) & self.spec["features"].keys()
            read = {other: self.read(other, key, at, request) for other in names}
            values = {other: answer.value for other, answer in read.items()}
            value = expressions.evaluate(feature["expr"], {**(request or {}), **values})
            empty = any(a.value is None and a.count == 0 for a in read.values())
            missing = value is None and empty
            if missing:
                value = feature.get("default")
            if "stale" in {answer.status for answer in read.values()}:
                return Answer(value, "stale")
            return Answer(value, "missing" if missing else "null" if value is None else "present")
        own = [r for r in self.records if all(r.fields[k] == key.get(k) for k in self.keys)]
        live, unmatched = surviving(own)
        before = [r.order[0] for r in live if r.order[0] < at]
        if "ttl" in self.spec and before and at - max(before) > windows.duration(self.spec["ttl"]):
            return Answer(None, "expired", 0, max(before), at - max(before))
        is_map = feature[aggregation_of(feature)] in self.map_fields
        answer = _answer(feature, is_map, live, unmatched, at, request)
        error_after = self.spec.get("freshness", {}).get("error_after")
        stale = error_after and before and at - max(before) > windows.duration(error_after)
        if stale and answer.status != "overflow":
            answer.status = "stale"
        needed = windows.depends_from(live, feature, at)
        if None not in (needed, self.available_from) and needed < self.available_from:
            answer.status = "overflow" if answer.status == "overflow" else "warming"
        return answer


def _answer(feature, is_map, live, unmatched, at, request):
    if feature.get("exclude_current") == "time":
        live, unmatched = ([r for r in rs if r.order[0] != at] for rs in (live, unmatched))
    inside, minus = windows.members(live, unmatched, feature, at)
    if feature.get("with_request") and request is not None:
        newest = feature["window"].get("events") if isinstance(feature["window"], dict) else None
        newest = newest or feature.get("max_events") or len(inside) + 1
        inside = (inside + [Record((at, 1 << 30, 0, 0), request)])[-newest:]
    name = aggregation_of(feature)
    folding = [(1, r) for r in inside]
    if name in aggregations.SUBTRACTING:
        folding += [(-1, r) for r in minus]
    folding.sort(key=lambda pair: pair[1].order)
    passing = [pair for pair in folding if _passes(feature, pair[1])]
    counted = folding if name == "ratio" else passing
    value, status = _value(name, feature, is_map, counted, passing, at)
    times = [r.order[0] for sign, r in counted if sign > 0]
    newest = max(times) if times else None
    if status == "missing" and "default" in feature:
        value = feature["default"]
    return Answer(value, status, sum(sign for sign, _ in counted), newest,
                  None if newest is None else at - newest)


def _passes(feature, record):
    return "where" not in feature or expressions.evaluate(feature["where"], record.fields) is True


def _input(name, feature, record):
    text = feature[name]
    if text == "*":
        return True
    if text in record.fields:
        return record.fields[text]
    return expressions.evaluate(text, record.fields)


def _item(feature, sign, record, x):
    second = feature.get("with", feature.get("order_by"))
    return (sign, record.order, x, record.fields.get(second) if second else None)


def _value(name, feature, is_map, folding, passing, at):
    mapped = is_map or "by" in feature
    if not folding:
        several = mapped or feature.get("elementwise")
        return (None, "missing") if several else aggregations.of_nothing(name)
    if name == "ratio":
        total = sum(sign for sign, _ in folding)
        share = sum(sign for sign, _ in passing)
        return (None, "null") if total <= 0 else (share / total, "present")
    inputs = [(sign, r, _input(name, feature, r)) for sign, r in folding]
    if feature.get("elementwise"):
        return _vector(name, feature, inputs, at)
    groups = defaultdict(list)
    for sign, record, x in inputs:
        if is_map:
            for key, inner in (x or {}).items():
                groups[key].append(_item(feature, sign, record, inner))
            continue
        group = record.fields.get(feature["by"]) if mapped else ""
        if group is not None:
            flat = x if isinstance(x, list) else [x]
            groups[aggregations.key_text(group)] += [_item(feature, sign, record, i) for i in flat]
    if mapped:
        return _map(name, feature, groups, at)
    if not groups[""]:
        zero = aggregations.of_nothing(name)
        return (None, "null") if zero[1] == "missing" else zero
    return aggregations.aggregate(name, feature, groups[""], at)


def _map(name, feature, groups, at):
    entries = {}
    for key, items in groups.items():
        value = aggregations.aggregate(name, feature, items, at)[0] if items else None
        if value is not None and not (name == "count" and value <= 0):
            entries[key] = value
    if "top" in feature:
        by_key = feature.get("top_by", "value") == "key"
        ranked = sorted(entries, reverse=True) if by_key else sorted(
            sorted(entries), key=lambda k: entries[k], reverse=True)
        entries = {key: entries[key] for key in ranked[: feature["top"]]}
    return entries, "present"


def _vector(name, feature, inputs, at):
    vectors = [(sign, r, x) for sign, r, x in inputs if x is not None]
    if not vectors:
        return None, "null"
    columns = zip(*[[_item(feature, sign, r, c) for c in x] for sign, r, x in vectors])
    values = [aggregations.aggregate(name, feature, list(c), at) for c in columns]
    undefined = [status for value, status in values if value is None]
    return (None, undefined[0]) if undefined else ([value for value, _ in values], "present")
