"""The subset of the expression language that the feature files use, with null as None.

Operators: ?: || && == != < <= > >= + - * / % ! and parentheses; names, numbers, strings, null,
true, false. An operation with a null gives null, `&&` and `||` have three values, integer division
rounds towards zero. Strict: what is not in the subset raises SyntaxError.
"""

import re

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.\d*|\d+)|(?P<string>'[^']*')|(?P<name>[A-Za-z_][\w.]*)"
    r"|(?P<op>\|\||&&|==|!=|<=|>=|[-+*/%<>!?:()]))"
)
BINARY = [["||"], ["&&"], ["==", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*", "/", "%"]]
CONSTANTS = {"null": None, "true": True, "false": False}


def evaluate(text, fields):
    """The value of the expression over the fields (a dict; an absent field is null)."""
    tokens, end = [], 0
    while text[end:].strip():
        match = TOKEN.match(text, end)
        if not match:
            raise SyntaxError(f"{text!r} at {end}")
        tokens.append((match.lastgroup, match.group(match.lastgroup)))
        end = match.end()
    parser = _Parser(tokens, fields)
    value = parser.choice()
    if parser.tokens:
        raise SyntaxError(f"{text!r}: {parser.tokens[0][1]!r} is left over")
    return value


class _Parser:
    def __init__(self, tokens, fields):
        self.tokens, self.fields = tokens, fields

    def take(self, *ops):
        if self.tokens and self.tokens[0][0] == "op" and self.tokens[0][1] in ops:
            return self.tokens.pop(0)[1]
        return None

    def choice(self):
        condition = self.binary(0)
        if not self.take("?"):
            return condition
        left = self.choice()
        if not self.take(":"):
            raise SyntaxError("':' is missing")
        right = self.choice()
        return None if condition is None else left if condition else right

    def binary(self, level):
        if level == len(BINARY):
            return self.unary()
        left = self.binary(level + 1)
        while op := self.take(*BINARY[level]):
            left = _apply(op, left, self.binary(level + 1))
        return left

    def unary(self):
        if self.take("!"):
            value = self.unary()
            return None if value is None else not value
        if self.take("-"):
            value = self.unary()
            return None if value is None else -value
        if self.take("("):
            value = self.choice()
            if not self.take(")"):
                raise SyntaxError("')' is missing")
            return value
        kind, text = self.tokens.pop(0)
        if kind == "number":
            return float(text) if "." in text else int(text)
        if kind == "string":
            return text[1:-1]
        if kind == "name":
            return CONSTANTS[text] if text in CONSTANTS else self.fields.get(text)
        raise SyntaxError(f"{text!r} is no value")


def _apply(op, a, b):
    if op == "||":
        return True if True in (a, b) else None if None in (a, b) else False
    if op == "&&":
        return False if False in (a, b) else None if None in (a, b) else True
    if op == "==":
        return a == b
    if op == "!=":
        return a != b
    if a is None or b is None:
        return None
    if op in ("/", "%"):
        return _divide(op, a, b)
    return {
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
    }[op]()


def _divide(op, a, b):
    if isinstance(a, float):
        if b == 0:
            return None if a == 0 else float("inf") if a > 0 else float("-inf")
        return a / b
    if b == 0:
        return None
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient if op == "/" else a - quotient * b
