"""Reads the text of the schema: the annotations of every driver call and the fields of its messages."""

import re
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = re.compile(r'\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.]*|\d+|@\w+|[()\[\]{},=;:$/]')


@dataclass
class Field:
    name: str
    type: str
    annotations: dict = field(default_factory=dict)


@dataclass
class Call:
    file: str
    name: str
    values: dict
    request: list = field(default_factory=list)
    reply: list = field(default_factory=list)

    @property
    def exports(self):
        return self.values["exports"]

    @property
    def symbols(self):
        return [export["symbol"] for export in self.exports]

    def parameter_names(self):
        return parameter_names(self.values["parameters"])


def parameter_names(parameters):
    """Names in a C parameter list, as the schema writes it."""
    if parameters in ("", "void"):
        return []
    return [re.search(r"(\w+)$", one.strip()).group(1) for one in parameters.split(",")]


class Reader:
    """A cursor over the tokens of one file."""

    def __init__(self, text, name):
        self.name = name
        self.tokens = []
        at = 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f"{name}: unexpected text {text[at:at + 30]!r}")
            at = match.end()
            if not match.group().isspace() and not match.group().startswith("#"):
                self.tokens.append(match.group())
        self.at = 0

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def take(self, expected=None):
        token = self.peek()
        if token is None or (expected is not None and token != expected):
            raise ValueError(f"{self.name}: expected {expected!r}, found {token!r} at token {self.at}")
        self.at += 1
        return token

    def value(self):
        """A value as Cap'n Proto writes it: a literal, (name = value, ...), [value, ...], or one bare value in ()."""
        token = self.take()
        if token.startswith('"'):
            text = token
            parts = [text[1:-1]]
            while (self.peek() or "").startswith('"'):
                parts.append(self.take()[1:-1])
            return re.sub(r"\\(.)", r"\1", "".join(parts))
        if token == "[":
            items = []
            while self.peek() != "]":
                items.append(self.value())
                if self.peek() == ",":
                    self.take()
            self.take("]")
            return items
        if token == "(":
            if self.peek(1) != "=" and self.peek() != ")":
                single = self.value()
                self.take(")")
                return single
            members = {}
            while self.peek() != ")":
                name = self.take()
                self.take("=")
                members[name] = self.value()
                if self.peek() == ",":
                    self.take()
            self.take(")")
            return members
        if token.isdigit():
            return int(token)
        return {"true": True, "false": False}.get(token, token)

    def annotations(self):
        found = {}
        while self.peek() == "$":
            self.take()
            name = self.take()
            found[name.removeprefix("Vgpu.")] = self.value() if self.peek() == "(" else True
        return found

    def skip_block(self):
        self.take("{")
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)

    def fields(self):
        """The fields of a message struct, whose name was just read."""
        self.annotations()
        self.take("{")
        found = []
        while self.peek() != "}":
            name = self.take()
            ordinal = self.take()
            if ordinal != f"@{len(found)}":
                raise ValueError(f"{self.name}: field {name} has ordinal {ordinal}")
            self.take(":")
            type_name = self.take()
            if self.peek() == "(":
                self.take()
                type_name += f"({self.take()})"
                self.take(")")
            if self.peek() == "=":
                raise ValueError(f"{self.name}: field {name} has a default")
            found.append(Field(name, type_name, self.annotations()))
            self.take(";")
        self.take("}")
        return found

    def calls(self):
        found = []
        while self.peek() is not None:
            if self.take() != "struct" or self.peek() == ")":
                continue
            name = self.take()
            annotations = self.annotations()
            if "call" not in annotations or "internal" in annotations:
                self.skip_block()
                continue
            call = Call(self.name, name, annotations["call"])
            self.take("{")
            while self.peek() != "}":
                self.take("struct")
                part = self.take()
                setattr(call, {"Request": "request", "Reply": "reply"}[part], self.fields())
            self.take("}")
            found.append(call)
        return found


def read_texts(folder):
    """The text of every schema file that describes driver calls, by file name."""
    return {path.name: path.read_text() for path in sorted(Path(folder).glob("*.capnp"))}


def read_calls(texts):
    return [call for name, text in texts.items() for call in Reader(text, name).calls()]
