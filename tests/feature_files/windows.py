"""Which records a window holds at T: all kinds of windows, by their definitions.

A record is an object with `order`, a tuple whose first item is the event time in milliseconds. Lists
of records are in total order.
"""

import re

UNITS = {"w": 604800000, "d": 86400000, "h": 3600000, "m": 60000, "s": 1000, "ms": 1}


def duration(text):
    """Milliseconds of "1h30m"."""
    parts = re.findall(r"(\d+)(ms|[wdhms])", str(text))
    if "".join(n + u for n, u in parts) != str(text):
        raise ValueError(f"{text!r} is no duration")
    return sum(int(n) * UNITS[u] for n, u in parts)


def floor(t, size, origin=0):
    """Python's % is never negative, so this floors before 1970 too."""
    return t - (t - origin) % size


def length(feature):
    """The size of a window that has one, else None."""
    window = feature.get("window")
    if isinstance(window, dict):
        size = window.get("tumbling") or window.get("hopping")
        return duration(size) if size else None
    return None if window == "lifetime" else duration(window)


def span(feature, at):
    """[start, end) of a window other than a session; start is None where there is none."""
    window = feature["window"]
    t = at - duration(feature.get("lag", "0s"))
    bounds = feature.get("bounds", "[)")
    opens, closes = bounds[0] == "(", bounds[1] == "]"
    if isinstance(window, dict) and "tumbling" in window:
        size = duration(window["tumbling"])
        edge = floor(t, size, duration(window.get("origin", "0s")))
        return (edge - size, edge) if window.get("which") == "complete" else (edge, t)
    if isinstance(window, dict) and "hopping" in window:
        edge = floor(t, duration(window["hop"]))
        return edge - duration(window["hopping"]), edge
    size = None if isinstance(window, dict) else length(feature)
    return (None if size is None else t - size + opens), t + closes


def sessions(records, spec):
    """Runs of records, oldest first."""
    gap = duration(spec["gap"])
    longest = duration(spec["max_length"]) if "max_length" in spec else None
    runs = []
    for record in records:
        t = record.order[0]
        run = runs[-1] if runs else None
        fits = run and t - run[-1].order[0] <= gap
        if fits and longest is not None and t > run[0].order[0] + longest:
            fits = False
        if fits:
            run.append(record)
        else:
            runs.append([record])
    return runs


def _session_at(live, feature, at):
    spec = feature["window"]["session"]
    t = at - duration(feature.get("lag", "0s"))
    runs = sessions([r for r in live if r.order[0] < t], spec)
    if not runs:
        return []
    is_open = t - runs[-1][-1].order[0] <= duration(spec["gap"])
    if spec.get("which", "current") == "current":
        return runs[-1] if is_open else []
    closed = runs[:-1] if is_open else runs
    return closed[-1] if closed else []


def depends_from(live, feature, at):
    """The earliest event time that decides what is in the window; None where its start is open."""
    window = feature["window"]
    if isinstance(window, dict) and "session" in window:
        run, gap = _session_at(live, feature, at), duration(window["session"]["gap"])
        return (run[0].order[0] if run else at - duration(feature.get("lag", "0s"))) - gap
    start, _ = span(feature, at)
    newest, _ = members(live, [], feature, at)
    full = "max_events" in feature and len(newest) == feature["max_events"]
    return newest[0].order[0] if full else start


def members(live, unmatched, feature, at):
    """(live records, unmatched retractions) in the window; the latter of time windows only."""
    window = feature["window"]
    if isinstance(window, dict) and "session" in window:
        return _session_at(live, feature, at), []
    start, end = span(feature, at)

    def inside(records):
        return [r for r in records if (start is None or r.order[0] >= start) and r.order[0] < end]

    newest = window.get("events") if isinstance(window, dict) else None
    newest = newest or feature.get("max_events")
    if newest:
        return inside(live)[-newest:], []
    return inside(live), inside(unmatched)
