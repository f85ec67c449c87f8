"""The value of every aggregation over the items of one group, in fractions where they are exact.

An item is (sign, order, x, y): sign -1 is an unmatched retraction, y belongs to `with` or `order_by`.
Items are in total order. Results are (value, status).
"""

import math
from collections import Counter
from fractions import Fraction

import windows

SUBTRACTING = {"count", "sum", "mean", "distinct", "count_distinct", "histogram", "top_frequency",
               "top1_ratio", "entropy", "ratio", "rate"}
ZERO = {"count": 0, "count_distinct": 0, "bounded_count_distinct": 0, "approx_count_distinct": 0,
        "decay_count": 0.0, "decay_rate": 0.0, "rate": 0.0}
ADDING = {"sum", "mean", "decay_sum", "decay_mean", "ew_mean", "trend"}
LARGEST = 2.0**960

PRESENT, NULL, MISSING, OVERFLOW, TRUNCATED = "present", "null", "missing", "overflow", "truncated"
UNDEFINED = (None, NULL)


def of_nothing(name):
    """No record is left in the window."""
    return (ZERO[name], PRESENT) if name in ZERO else (None, MISSING)


def normalised(x):
    """NaN and infinities are null, -0.0 is 0.0."""
    if isinstance(x, float):
        return None if math.isnan(x) or math.isinf(x) else x + 0.0
    return x


def _adds(name):
    return name in ADDING or name.startswith(("var", "std", "skew", "kurt", "cov", "corr"))


def _too_large(name, value):
    return _adds(name) and isinstance(value, float) and abs(value) > LARGEST


def aggregate(name, feature, items, at):
    """(value, status); items are those that pass `where` (all of them for `ratio`)."""
    pairs = "with" in feature or "order_by" in feature
    kept = []
    for sign, order, x, y in items:
        x, y = normalised(x), normalised(y)
        if x is None or (pairs and y is None) or _too_large(name, x) or _too_large(name, y):
            continue
        kept.append((sign, order, x, y))
    if not kept:
        if name == "histogram":
            return {}, PRESENT
        return (ZERO[name], PRESENT) if name in ZERO else UNDEFINED
    for family in (_sums, _moments, _order, _frequency, _time):
        result = family(name, feature, kept, at)
        if result is not None:
            return result
    raise ValueError(f"no aggregation {name!r}")


def _sums(name, feature, items, _at):
    count = sum(sign for sign, *_ in items)
    if name == "count":
        return count, PRESENT
    if name == "rate":
        return float(Fraction(count * 1000, windows.length(feature))), PRESENT
    if name in ("sum", "mean"):
        if count <= 0:
            return UNDEFINED
        total = sum(sign * Fraction(x) for sign, _, x, _ in items)
        if name == "mean":
            return float(total / count), PRESENT
        if isinstance(items[0][2], float):
            return float(total), PRESENT
        return (int(total), PRESENT) if -(2**63) <= total < 2**63 else (None, OVERFLOW)
    return None


def _central(xs, power, ys=None):
    mean = sum(map(Fraction, xs)) / len(xs)
    if ys is None:
        return sum((Fraction(x) - mean) ** power for x in xs)
    other = sum(map(Fraction, ys)) / len(ys)
    return sum((Fraction(x) - mean) * (Fraction(y) - other) for x, y in zip(xs, ys))


def _root(fraction):
    """sqrt of a fraction to full precision, also where it is beyond the range of float."""
    scaled = fraction.numerator * 4**200 // fraction.denominator
    return Fraction(math.isqrt(scaled), 2**200)


def _moments(name, _feature, items, _at):
    xs = [x for _, _, x, _ in items]
    n = len(xs)
    kind, _, how = name.rpartition("_")
    if kind in ("var", "std"):
        least = 1 if how == "pop" else 2
        if n < least:
            return UNDEFINED
        value = _central(xs, 2) / (n - least + 1)
        return float(_root(value) if kind == "std" else value), PRESENT
    if kind in ("skew", "kurtosis"):
        return _shape(kind, how, xs)
    if name in ("cov_pop", "cov_samp", "corr", "trend"):
        ys = [order[0] if name == "trend" else y for _, order, _, y in items]
        return _joint(name, xs, ys)
    return None


def _shape(kind, how, xs):
    n, m2 = len(xs), _central(xs, 2)
    if n < (3 if kind == "skew" else 4) or m2 == 0:
        return UNDEFINED
    if kind == "skew":
        g1 = _root(Fraction(n)) * _central(xs, 3) / (m2 * _root(m2))
        if how == "samp":
            g1 *= _root(Fraction(n * (n - 1))) / (n - 2)
        return float(g1), PRESENT
    g2 = n * _central(xs, 4) / m2**2 - 3
    if how == "samp":
        g2 = Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * g2 + 6)
    return float(g2), PRESENT


def _joint(name, xs, ys):
    n, c = len(xs), _central(xs, 1, ys)
    if name == "trend":
        spread = _central(ys, 2)
        return UNDEFINED if spread == 0 else (float(1000 * c / spread), PRESENT)
    if n < (1 if name == "cov_pop" else 2):
        return UNDEFINED
    if name == "corr":
        spread = _central(xs, 2) * _central(ys, 2)
        return UNDEFINED if spread == 0 else (float(c / _root(spread)), PRESENT)
    return float(c / (n if name == "cov_pop" else n - 1)), PRESENT


def _distinct(values):
    return list(dict.fromkeys(values))


def _order(name, feature, items, _at):
    xs = [x for _, _, x, _ in items]
    k = feature.get("k", 0)
    if name in ("min", "max"):
        return (min if name == "min" else max)(xs), PRESENT
    if name in ("arg_min", "arg_max"):
        best = (min if name == "arg_min" else max)(items, key=lambda item: item[3])
        return best[2], PRESENT
    if name in ("top_k", "bottom_k"):
        rank = 3 if "order_by" in feature else 2
        # Python's sort is stable in both directions: of equals the earlier comes first.
        ranked = sorted(items, key=lambda item: item[rank], reverse=name == "top_k")
        return [item[2] for item in ranked[:k]], PRESENT
    choose = {"first": lambda: xs[0], "last": lambda: xs[-1], "first_k": lambda: xs[:k],
              "last_k": lambda: xs[::-1][:k], "first_distinct": lambda: _distinct(xs)[:k],
              "last_distinct": lambda: _distinct(xs[::-1])[:k]}
    if name in choose:
        return choose[name](), PRESENT
    if name == "nth":
        return UNDEFINED if k >= len(xs) else (xs[-1 - k], PRESENT)
    return None


def key_text(value):
    """A value as the key of a map."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _frequency(name, feature, items, _at):
    counts = Counter()
    for sign, _, x, _ in items:
        counts[x] += sign
    counts = {x: n for x, n in counts.items() if n > 0}
    k = feature.get("k", 0)
    if name == "count_distinct":
        most = feature.get("max_values", 4096)
        return min(len(counts), most), PRESENT if len(counts) <= most else TRUNCATED
    if name == "approx_count_distinct":
        return len(counts), PRESENT
    if name == "bounded_count_distinct":
        return min(k, len(counts)), PRESENT
    ranked = sorted(counts, key=lambda x: (-counts[x], x))
    if name == "histogram":
        shown = ranked[: k or feature.get("max_keys", 1024)]
        return {key_text(x): counts[x] for x in shown}, PRESENT
    if name not in ("distinct", "top_frequency", "top1_ratio", "entropy"):
        return None
    if not counts:
        return UNDEFINED
    total = sum(counts.values())
    if name == "distinct":
        most = feature.get("max_values", 1024)
        return sorted(counts)[:most], PRESENT if len(counts) <= most else TRUNCATED
    if name == "top_frequency":
        return ranked[:k], PRESENT
    if name == "top1_ratio":
        return float(Fraction(counts[ranked[0]], total)), PRESENT
    return math.fsum(-n / total * math.log2(n / total) for n in counts.values()) + 0.0, PRESENT


def _quantile(xs, q):
    xs = sorted(map(Fraction, xs))
    whole, part = divmod((len(xs) - 1) * Fraction(q), 1)
    below = xs[int(whole)]
    return float(below + part * (xs[min(int(whole) + 1, len(xs) - 1)] - below))


def _drawdown(xs):
    if len(xs) < 2 or max(xs) <= 0:
        return UNDEFINED
    falls = [Fraction(0)]
    for i, peak in enumerate(xs):
        falls += [(Fraction(peak) - Fraction(low)) / Fraction(peak) for low in xs[i + 1 :] if peak > 0]
    return float(max(falls)), PRESENT


def _time(name, feature, items, at):
    xs = [x for _, _, x, _ in items]
    if name in ("quantile", "median"):
        return _quantile(xs, feature.get("q", 0.5)), PRESENT
    if name in ("time_since", "time_since_first"):
        return at - items[-1 if name == "time_since" else 0][1][0], PRESENT
    if name == "drawdown":
        return _drawdown(xs)
    if name == "ew_mean":
        weights = [Fraction(1 - Fraction(feature["alpha"])) ** i for i in range(len(xs))]
        weighted = sum(w * Fraction(x) for w, x in zip(weights, reversed(xs)))
        return float(weighted / sum(weights)), PRESENT
    if not name.startswith("decay_"):
        return None
    half_life = windows.duration(feature["half_life"])
    weights = [2.0 ** (-(at - order[0]) / half_life) for _, order, _, _ in items]
    if name == "decay_count":
        return math.fsum(weights), PRESENT
    if name == "decay_rate":
        return math.fsum(weights) * math.log(2) * 1000 / half_life, PRESENT
    if name == "decay_sum":
        return math.fsum(w * x for w, x in zip(weights, xs)), PRESENT
    # Relative to the newest, so that the weights of a mean never vanish.
    newest = items[-1][1][0]
    weights = [2.0 ** (-(newest - order[0]) / half_life) for _, order, _, _ in items]
    return math.fsum(w * x for w, x in zip(weights, xs)) / math.fsum(weights), PRESENT
