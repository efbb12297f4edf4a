"""The params of a pipeline as a resource of its job: fields, and where their values are read."""

from __future__ import annotations

import keyword
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dagglot import pycode
from dagglot.expressions.types import Kind
from dagglot.ir.expand import thaw
from dagglot.ir.model import Json, Param, Pipeline
from dagglot.pycode import INDENT, LINE_LENGTH, Call, Code
from dagglot.targets.dagster.imports import Imports

HELPERS: Final = "pipeline_helpers.params"

# What a field of that name would hide: methods of the class, and names that its lines use.
_METHODS: Final = frozenset(
    {
        *("configure_at_launch", "construct", "copy", "create_resource", "dict", "from_orm"),
        *("from_resource_context", "from_resource_context_cm", "get_resource_context"),
        *("get_resource_definition", "json", "nested_resources", "parse_file", "parse_obj"),
        *("parse_raw", "process_config_and_initialize", "process_config_and_initialize_cm"),
        *("schema", "schema_json", "setup_for_execution", "teardown_after_execution"),
        *("to_config_schema", "to_fields_dict", "update_forward_refs", "validate"),
        *("with_replaced_resource_context", "with_resource_context", "yield_for_execution"),
    }
)
_USED: Final = frozenset(
    {
        *("str", "int", "bool", "dg", "Annotated", "Any", "Literal", "Field", "IsoDate"),
        *("IsoDatetime", "JsonList", "JsonMap", "Number", "matches", "one_of"),
    }
)

_TYPES: Final[Mapping[Kind, str]] = {
    Kind.STRING: "str",
    Kind.INTEGER: "int",
    Kind.NUMBER: "Number",
    Kind.BOOLEAN: "bool",
    Kind.DATE: "IsoDate",
    Kind.DATETIME: "IsoDatetime",
    Kind.LIST: "JsonList",
    Kind.MAP: "JsonMap",
}
_OF_HELPERS: Final = frozenset({"Number", "IsoDate", "IsoDatetime", "JsonList", "JsonMap"})


def field_names(pipeline: Pipeline) -> Mapping[str, str]:
    """The field of each param; where it differs from the param, the param's name is its alias."""
    taken = {param.name for param in pipeline.params}
    names: dict[str, str] = {}
    for param in pipeline.params:
        name = param.name
        odd = name.startswith(("_", "model_")) or keyword.iskeyword(name)
        if odd or name in _METHODS or name in _USED:
            name = f"{name.strip('_') or 'param'}_"
            name = name.removeprefix("model_") or name
            while name in taken or name in _METHODS:
                name += "_"
            taken.add(name)
        names[param.name] = name
    return names


class Fields:
    """The lines of the class; ``imports`` and ``helpers`` collect what they need."""

    def __init__(self, pipeline: Pipeline, imports: Imports, helpers: set[str]) -> None:
        self.pipeline = pipeline
        self.imports = imports
        self.helpers = helpers
        self.names = field_names(pipeline)

    def lines(self) -> Iterator[Code]:
        for param in self.pipeline.params:
            yield self.line(param)

    def line(self, param: Param) -> Code:
        name = self.names[param.name]
        head = Code(f"{name}: ")
        keywords: dict[str, object] = {}
        if not param.required:
            keywords["default"] = thaw(param.default)
        if name != param.name:
            keywords["alias"] = param.name
        if not param.type.nullable:
            keywords |= self.bounds(param)
        if param.description:
            keywords["description"] = param.description
        has_value = bool(keywords)
        annotation = self.annotation(param, len(head) + (len(" = Field(") if has_value else 0))
        if not keywords:
            return Code(f"{head}{annotation}")
        value: object = keywords.get("default")
        is_long = 2 * INDENT + pycode.width(pycode.literal(value)) > LINE_LENGTH
        if set(keywords) != {"default"} or is_long:
            self.imports.name("pydantic", "Field")
            value = Call("Field", (), tuple(keywords.items()))
        # of an annotation on several lines the value stands behind the last
        above, newline, last = f"{head}{annotation}".rpartition("\n")
        return Code(above + newline + pycode.assignment(last, value, INDENT))

    def annotation(self, param: Param, beside: int) -> Code:
        """The type; what Dagster's own config cannot say of it stands in ``Annotated``."""
        base = self.base(param)
        checks: list[object] = []
        members = [member for member in param.type.members or () if member is not None]
        if param.type.members is not None:
            texts = param.type.kind is Kind.STRING and param.pattern is None
            if texts and not param.type.nullable and all(isinstance(m, str) for m in members):
                self.imports.name("typing", "Literal")
                return _subscript("Literal", members, beside)
            checks.append(Call(self.helper("one_of"), tuple(map(thaw, members))))
        if param.pattern is not None:
            checks.append(Call(self.helper("matches"), (param.pattern,)))
        if param.type.nullable and (bounds := self.bounds(param)):
            self.imports.name("pydantic", "Field")
            checks.append(Call("Field", (), tuple(bounds.items())))
        optional = " | None" if param.type.nullable else ""
        if not checks:
            return Code(base + optional)
        self.imports.name("typing", "Annotated")
        made = _subscript("Annotated", [base, *checks], beside + len(optional))
        if not optional or "\n" not in made:
            return Code(made + optional)
        pad = " " * 2 * INDENT
        made = _subscript("Annotated", [base, *checks], LINE_LENGTH, 2 * INDENT)
        return Code(f"(\n{pad}{made}\n{pad}| None\n{' ' * INDENT})")

    def base(self, param: Param) -> Code:
        name = _TYPES[param.type.kind]
        return self.helper(name) if name in _OF_HELPERS else Code(name)

    def helper(self, name: str) -> Code:
        self.helpers.add(name)
        self.imports.name(HELPERS, name)
        return Code(name)

    @staticmethod
    def bounds(param: Param) -> dict[str, object]:
        limits = {"ge": param.minimum, "le": param.maximum}
        return {name: limit for name, limit in limits.items() if limit is not None}


def _subscript(name: str, items: list[Any], beside: int, indent: int = INDENT) -> Code:
    """``name[…]``, an item a line where it does not fit beside `beside` other columns."""
    flat = f"{name}{pycode.literal(items)}"
    if indent + beside + pycode.width(flat) <= LINE_LENGTH or len(items) < 2:
        return Code(flat)
    return Code(f"{name}{pycode.layout(items, indent, LINE_LENGTH)}")


def resource_value(pipeline: Pipeline, given: Mapping[str, Json], class_name: str) -> Call:
    """The resource with the values that a schedule gives."""
    names = field_names(pipeline)
    odd = {name: thaw(value) for name, value in given.items() if names[name] != name}
    usual = tuple((name, thaw(value)) for name, value in given.items() if name not in odd)
    return Call(class_name, (Code(f"**{pycode.literal(odd)}"),) if odd else (), usual)
