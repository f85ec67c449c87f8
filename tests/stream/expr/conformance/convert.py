#!/usr/bin/env python3
"""Converts CEL's conformance cases to one table.

  git clone https://github.com/google/cel-spec && convert.py cel-spec/tests/simple/testdata > cases.tsv

Standard library only. Each line is one case: its name (file/section/test), the expression, the
fields ("name=value" or "name:type" where no value is bound, joined with "; "), and what is expected:
a value, "type T", "error", or "other" for what values of Millrace cannot say. Values are written as
text that value_text.h reads: "null", "bool true", "int 1", "double 0x1p+0", "string …", "bytes …",
"timestamp MS", "duration MS", "list [v, …]", "map {key: v, …}"; bytes that are not printable ASCII,
and the marks of the table themselves, are \\xHH. In an expression control characters are \\xHH, and a
backslash is two.
"""

import glob
import os
import re
import sys

TOKEN = re.compile(
    rb"""\s+|\#[^\n]*|(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    rb"""|(?P<word>[-+A-Za-z0-9_.]+)|(?P<mark>[{}\[\]:,;<>/])""")
ESCAPES = {ord(a): b for a, b in zip("abfnrtv\\'\"?", b"\a\b\f\n\r\t\v\\'\"?")}


def unescape(literal):
    """The bytes of a string of the text format, without its quotes."""
    out, i = bytearray(), 0
    while i < len(literal):
        byte = literal[i]
        i += 1
        if byte != ord("\\"):
            out.append(byte)
            continue
        byte = literal[i]
        i += 1
        if byte in ESCAPES:
            out.append(ESCAPES[byte])
        elif chr(byte) in "01234567":
            digits = re.match(rb"[0-7]{1,3}", literal[i - 1:]).group()
            out.append(int(digits, 8))
            i += len(digits) - 1
        elif chr(byte) in "xX":
            digits = re.match(rb"[0-9a-fA-F]{1,2}", literal[i:]).group()
            out.append(int(digits, 16))
            i += len(digits)
        else:
            width = {"u": 4, "U": 8}[chr(byte)]
            out += chr(int(literal[i:i + width], 16)).encode()
            i += width
    return bytes(out)


def tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"no token at byte {at}: {text[at:at + 40]!r}")
        at = match.end()
        if match.lastgroup == "string":
            yield "string", unescape(match.group("string")[1:-1])
        elif match.lastgroup:
            yield match.lastgroup, match.group(match.lastgroup).decode()


class Reader:
    """Messages of the text format as lists of (field, value)."""

    def __init__(self, text):
        self.tokens = list(tokens(text)) + [("end", "")]
        self.at = 0

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self):
        return self.tokens[self.at]

    def message(self, end):
        fields = []
        while self.peek() != end:
            kind, name = self.take()
            if (kind, name) == ("mark", "["):  # the type of an Any
                name = ""
                while self.peek() != ("mark", "]"):
                    name += self.take()[1]
                self.take()
            if self.peek() == ("mark", ":"):
                self.take()
            if self.peek() == ("mark", "["):
                self.take()
                while self.peek() != ("mark", "]"):
                    fields.append((name, self.value()))
                    if self.peek() == ("mark", ","):
                        self.take()
                self.take()
            else:
                fields.append((name, self.value()))
            if self.peek() in (("mark", ","), ("mark", ";")):
                self.take()
        self.take()
        return fields

    def value(self):
        kind, value = self.take()
        if (kind, value) == ("mark", "{"):
            return self.message(("mark", "}"))
        if (kind, value) == ("mark", "<"):
            return self.message(("mark", ">"))
        if kind == "string":
            while self.peek()[0] == "string":
                value += self.take()[1]
        return value


def one(message, name, default=None):
    return next((value for field, value in message if field == name), default)


def every(message, name):
    return [value for field, value in message if field == name]


def escape(data):
    if isinstance(data, str):
        data = data.encode()
    return "".join(chr(b) if 32 <= b < 127 and chr(b) not in "\\,]}=;:" else f"\\x{b:02x}" for b in data)


class Other(Exception):
    """A value or type that Millrace does not have."""


def scalar(message):
    if len(message) != 1:
        raise Other
    (kind, value), = message
    if kind == "null_value":
        return "null"
    if kind == "bool_value":
        return f"bool {value}"
    if kind == "int64_value":
        return f"int {int(value, 0)}"
    if kind == "double_value":
        return f"double {float(value).hex()}"
    if kind == "string_value":
        return f"string {escape(value)}"
    if kind == "bytes_value":
        return f"bytes {escape(value)}"
    if kind == "object_value" and len(value) == 1:
        name, inner = value[0]
        seconds, nanos = int(one(inner, "seconds", 0)), int(one(inner, "nanos", 0))
        for known in ("Timestamp", "Duration"):
            if name.endswith("google.protobuf." + known) and nanos % 1_000_000 == 0:
                return f"{known.lower()} {seconds * 1000 + nanos // 1_000_000}"
    raise Other


def value(message):
    if len(message) == 1 and message[0][0] == "list_value":
        return "list [" + ", ".join(scalar(v) for v in every(message[0][1], "values")) + "]"
    if len(message) == 1 and message[0][0] == "map_value":
        entries = []
        for entry in every(message[0][1], "entries"):
            (kind, key), = one(entry, "key")
            if kind != "string_value":
                raise Other
            entries.append(f"{escape(key)}: {scalar(one(entry, 'value'))}")
        return "map {" + ", ".join(entries) + "}"
    return scalar(message)


SCALARS = {"BOOL": "bool", "INT64": "int", "DOUBLE": "double", "STRING": "string", "BYTES": "bytes",
           "TIMESTAMP": "timestamp", "DURATION": "duration"}


def type_name(message):
    (kind, inner), = message
    if kind == "null":
        return "null"
    if kind in ("primitive", "well_known") and inner in SCALARS:
        return SCALARS[inner]
    if kind == "list_type":
        return "list<" + type_name(one(inner, "elem_type")) + ">"
    if kind == "map_type" and type_name(one(inner, "key_type")) == "string":
        return "map<" + type_name(one(inner, "value_type")) + ">"
    raise Other


def fields(test):
    bound = {one(b, "key"): one(one(b, "value"), "value") for b in every(test, "bindings")}
    types = {one(d, "name"): one(one(d, "ident"), "type") for d in every(test, "type_env")
             if one(d, "ident") is not None}
    out = []
    for name in sorted(set(bound) | set(types)):
        try:
            if bound.get(name) is not None:
                out.append(f"{name.decode()}={value(bound[name])}")
            else:
                out.append(f"{name.decode()}:{type_name(types[name])}")
        except Other:
            pass  # a case that reads it is outside
    return "; ".join(out)


def expected(test):
    try:
        typed = one(test, "typed_result")
        if typed is not None:
            result = one(typed, "result")
            return value(result) if result else "type " + type_name(one(typed, "deduced_type"))
        if one(test, "eval_error") is not None or one(test, "any_eval_errors") is not None:
            return "error"
        if one(test, "unknown") is not None or one(test, "any_unknowns") is not None:
            return "other"
        result = one(test, "value")
        return "bool true" if result is None else value(result)
    except Other:
        return "other"


def main():
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.textproto"))):
        with open(path, "rb") as file:
            content = Reader(file.read()).message(("end", ""))
        for section in every(content, "section"):
            for test in every(section, "test"):
                name = "/".join(
                    (os.path.basename(path).removesuffix(".textproto"),
                     one(section, "name").decode(), one(test, "name").decode()))
                expression = "".join(
                    f"\\x{ord(c):02x}" if ord(c) < 32 or ord(c) == 127 else c
                    for c in one(test, "expr").decode().replace("\\", "\\\\"))
                print(name, expression, fields(test), expected(test), sep="\t")


if __name__ == "__main__":
    main()
