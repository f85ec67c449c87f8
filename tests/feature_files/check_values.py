#!/usr/bin/env python3
"""Derives every expected value of the feature files again, by the definitions and in fractions.

    check_values.py FILE...

A file of `millrace test` that says something wrong would teach the engine something wrong. So this
reads each file, computes what its views must answer, and compares. It also sees to it that every
case restarts, and that every case is shuffled whose answer does not depend on arrival. Prints what
differs; exit status 1 if anything does. Knows no tiles, no state and none of the engine's code.
"""

import datetime
import json
import math
import sys

import yaml

from features import Record, View
from windows import duration


def typed(value, kind):
    """A value of YAML or JSON as the field's type has it; ValueError for a vector of another size, and
    for a number that its field does not hold."""
    if value is None:
        return None
    if kind.startswith("vector<"):
        fits = len(value) == int(kind[7:-1]) and None not in value
        return [float(c) for c in value] if fits else ValueError
    if kind.startswith("list<"):
        return [typed(item, kind[5:-1]) for item in value]
    if kind.startswith("map<"):
        return {key: typed(item, kind[4:-1]) for key, item in value.items()}
    if kind == "int":
        return value if -(2**63) <= value < 2**63 else ValueError
    if kind == "double":
        return float(value) if math.isfinite(float(value)) else ValueError
    return value


def instant(at):
    if isinstance(at, int):
        return at
    if isinstance(at, str):
        at = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
    if at.tzinfo is None:
        at = at.replace(tzinfo=datetime.timezone.utc)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (at - epoch) // datetime.timedelta(milliseconds=1)


class Source:
    """Reads records as a source does: places them, and counts what it does not apply."""

    def __init__(self, name, spec):
        self.name, self.spec = name, spec
        self.counts = dict.fromkeys(("read", "applied", "duplicate", "late", "rejected"), 0)
        self.next_offset, self.seen, self.ids, self.newest = {}, set(), {}, {}
        self.records = []

    def _place(self, record):
        """(partition, offset, whether the place is new)"""
        partition = record.get("partition", 0)
        offset = record.get("offset", self.next_offset.get(partition, 0))
        self.next_offset[partition] = offset + 1
        new = (partition, offset) not in self.seen
        self.seen.add((partition, offset))
        return partition, offset, new

    def apply(self, record, defaults):
        partition, offset, new = self._place(record)
        given = json.loads(record["raw"]) if "raw" in record else record["value"]
        value = {**defaults, **given}
        time = value.get(self.spec["time"]["field"])
        fields = {name: typed(value.get(name), kind) for name, kind in self.spec["schema"].items()}
        outcome = self._outcome(record, fields, time, partition, new)
        self.counts["read"] += 1
        self.counts[outcome] += 1
        if outcome == "applied":
            retract = record.get("retract", False)
            self.newest[partition] = max(time, self.newest.get(partition, time))
            self.records.append((time, partition, offset, fields, retract))

    def _outcome(self, record, fields, time, partition, new):
        if not new:
            return "duplicate"
        if time is None or ValueError in fields.values():
            return "rejected"
        if "id" in self.spec and not record.get("retract"):
            identity = fields[self.spec["id"]]
            first = self.ids.get(identity)
            if first is not None and abs(time - first) <= duration(self.spec.get("dedup", "1d")):
                return "duplicate"
            self.ids.setdefault(identity, time)
        retention = self.spec.get("lateness", {}).get("retention", "40d")
        if self.newest.get(partition, time) - time > duration(retention):
            return "late"
        return "applied"


class Case:
    def __init__(self, file, case):
        self.file, self.case, self.problems = file, case, []
        self.sources = {n: Source(n, s) for n, s in file["sources"].items()}

    def run(self):
        steps = self.case.get("steps")
        if steps is None:
            steps = [{"record": r} for r in self.case["records"]]
            steps += [{"expect": e} for e in self.case["expect"]]
        for step in steps:
            for kind, body in step.items():
                self.record(body) if kind == "record" else self.expect(body)
        self._lint()
        return self.problems

    def record(self, record):
        defaults = {**self.file.get("defaults", {}), **self.case.get("defaults", {})}
        self.sources[record["source"]].apply(record, defaults.get(record["source"], {}))

    def _view(self, name):
        spec = self.file["views"][name]
        names = spec["from"] if isinstance(spec["from"], list) else [spec["from"]]
        records = [Record((time, index, partition, offset), fields, retract)
                   for index, source in enumerate(names)
                   for time, partition, offset, fields, retract in self.sources[source].records]
        maps = {f for s in names for f, t in self.sources[s].spec["schema"].items()
                if t.startswith("map<")}
        available = self.case.get("available_from")
        return View(spec, self.file["entities"][spec["entity"]]["key"], maps, records,
                    None if available is None else instant(available))

    def expect(self, expected):
        if "view" not in expected:
            counts = self.sources[expected["source"]].counts
            for name, count in expected["counts"].items():
                self._compare(f"{expected['source']} {name}", count, counts[name])
            return
        view, at = self._view(expected["view"]), instant(expected["at"])
        names = {n for part in ("values", "status", "count", "age_ms", "max_event_time")
                 for n in expected.get(part, {})}
        for name in sorted(names):
            answer = view.read(name, expected["key"], at, expected.get("request"))
            place = f"{expected['view']}.{name} of {expected['key']} at {at}"
            for part, actual in (("values", answer.value), ("status", answer.status),
                                 ("count", answer.count), ("age_ms", answer.age),
                                 ("max_event_time", answer.newest)):
                if name in expected.get(part, {}):
                    self._compare(f"{place} {part}", expected[part][name], actual)

    def _compare(self, place, expected, actual):
        if not self._equal(expected, actual):
            self.problems.append(f"{place}: the file says {expected!r}, it is {actual!r}")

    def _equal(self, expected, actual):
        if isinstance(expected, dict) and isinstance(actual, dict):
            same = {str(k): v for k, v in expected.items()}
            return same.keys() == actual.keys() and all(
                self._equal(same[k], actual[k]) for k in same)
        if isinstance(expected, list) and isinstance(actual, list):
            return len(expected) == len(actual) and all(map(self._equal, expected, actual))
        if type(expected) is not type(actual):
            return False
        if isinstance(expected, float):
            tolerance = self.case.get("tolerance", 1e-12)
            return abs(expected - actual) <= tolerance * max(abs(expected), 1)
        return expected == actual

    def _lint(self):
        if not self.case.get("restart"):
            self.problems.append("`restart: true` is missing")
        ordered = any(s.counts["duplicate"] or s.counts["late"] for s in self.sources.values())
        if "records" in self.case and not ordered and not self.case.get("shuffle"):
            self.problems.append("`shuffle: 20` is missing")


def main(paths):
    problems = cases = 0
    for path in paths:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        file = yaml.safe_load(text)
        if not text.startswith("# "):
            print(f"{path}: no comment that says the rule")
            problems += 1
        for case in file["cases"]:
            cases += 1
            for problem in Case(file, case).run():
                print(f"{path}: {case['name']}: {problem}")
                problems += 1
    print(f"{cases} cases in {len(paths)} files, {problems} problems")
    return 1 if problems or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
