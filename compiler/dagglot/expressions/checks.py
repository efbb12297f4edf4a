"""The types of operations: what each yields, or why it cannot be."""

from __future__ import annotations

from typing import Final

from dagglot.expressions import types
from dagglot.expressions.functions import parse_move, wrong_directive
from dagglot.expressions.tree import Comparison, Expression, Literal
from dagglot.expressions.types import Kind, Type, join, not_null

_ARTICLE: Final = {Kind.INTEGER: "an integer", Kind.NULL: "null", Kind.ANY: "any value"}
NULL_HELP: Final = "give a value for null: `default(x, …)`"


class Wrong(Exception):  # noqa: N818 - it is what a check says, and never leaves the package
    """An operation that cannot be: a message, what to do, and the operand that is to blame."""

    def __init__(
        self, message: str, help_: str | None = None, at: Expression | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.help = help_
        self.at = at


def named(type_: Type) -> str:
    """A type in the words of a sentence: `an integer`."""
    return _ARTICLE.get(type_.kind, f"a {type_.kind.value}")


def _usable(what: str, *operands: Expression, null: bool = False) -> None:
    """Refuse secrets, and null unless the operation has a meaning for it."""
    for operand in operands:
        if operand.type.kind is Kind.SECRET:
            raise Wrong(
                f"{what} cannot take a secret",
                "a secret can only be passed on as a whole value",
                operand,
            )
        if not null and operand.type.may_be_null:
            raise Wrong(f"{what} cannot take null, which this may be", NULL_HELP, operand)


def unary(operator: str, operand: Expression) -> Type:
    _usable(f"`{operator}`", operand)
    kind = operand.type.kind
    if operator == "not":
        condition(operand, "`not`")
        return types.BOOLEAN
    if kind.is_number:
        return Type(kind)
    if kind is Kind.ANY:
        return types.ANY
    raise Wrong(f"`{operator}` takes a number, not {named(operand.type)}", None, operand)


def condition(operand: Expression, what: str) -> None:
    """Refuse what is no boolean; `any` is checked when the run is there."""
    _usable(what, operand)
    if operand.type.kind not in (Kind.BOOLEAN, Kind.ANY):
        raise Wrong(
            f"{what} takes a boolean, not {named(operand.type)}",
            "compare it with something, such as `x > 0` or `x != ''`",
            operand,
        )


def binary(operator: str, left: Expression, right: Expression) -> Type:
    _usable(f"`{operator}`", left, right)
    one, two = left.type.kind, right.type.kind
    if one.is_number and two.is_number:
        if operator in "/%" and isinstance(right, Literal) and right.value == 0:
            raise Wrong("division by zero", None, right)
        both_integers = one is Kind.INTEGER and two is Kind.INTEGER and operator != "/"
        return types.INTEGER if both_integers else types.NUMBER
    if operator == "+" and one is two and one in (Kind.STRING, Kind.LIST):
        return Type(one)
    known = two if one is Kind.ANY else one
    allowed = {Kind.ANY, Kind.INTEGER, Kind.NUMBER}
    if operator == "+":
        allowed |= {Kind.STRING, Kind.LIST}
    if Kind.ANY in (one, two) and known in allowed:
        return types.ANY
    help_ = None
    if one.is_moment or two.is_moment:
        help_ = 'use `add(t, "1d")` to move a date or a datetime'
    elif operator == "+" and Kind.STRING in (one, two):
        help_ = "make a text of the other with `str(x)`, or write two `${{ … }}` side by side"
    elif Kind.STRING in (one, two):
        help_ = "make a number of a text with `int(x)` or `float(x)`"
    raise Wrong(f"`{operator}` cannot take {named(left.type)} and {named(right.type)}", help_)


_EQUALITY: Final = frozenset({"==", "!="})
_ORDERED: Final = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.STRING, Kind.DATE, Kind.DATETIME})


def comparison(operator: Comparison, left: Expression, right: Expression) -> None:
    one, two = left.type.kind, right.type.kind
    if operator in ("in", "not in"):
        _usable(f"`{operator}`", left, null=True)
        _usable(f"`{operator}`", right)
        if two not in (Kind.LIST, Kind.MAP, Kind.STRING, Kind.ANY):
            raise Wrong(
                f"`{operator}` looks into a list, a map or a string, not {named(right.type)}",
                None,
                right,
            )
        if two in (Kind.STRING, Kind.MAP) and (
            one not in (Kind.STRING, Kind.ANY) or left.type.nullable
        ):
            raise Wrong(
                f"`{operator}` looks for a string in {named(right.type)}, "
                f"not for {_nullable(left.type)}",
                None,
                left,
            )
        return
    equality = operator in _EQUALITY
    _usable(f"`{operator}`", left, right, null=equality)
    if equality and Kind.NULL in (one, two):
        return
    alike = one is two or (one.is_number and two.is_number) or Kind.ANY in (one, two)
    if alike and (equality or all(kind in _ORDERED or kind is Kind.ANY for kind in (one, two))):
        return
    help_ = None
    if Kind.STRING in (one, two) and (one.is_moment or two.is_moment):
        help_ = "compare the text: `str(t) == '2026-01-31'`"
    elif {one, two} == {Kind.DATE, Kind.DATETIME}:
        help_ = 'compare texts that `format(t, "%Y-%m-%d")` makes of both'
    elif Kind.STRING in (one, two) and (one.is_number or two.is_number):
        help_ = "make a number of a text with `int(x)` or `float(x)`"
    verb = "cannot compare" if equality else "cannot order"
    raise Wrong(f"`{operator}` {verb} {named(left.type)} and {named(right.type)}", help_)


def _nullable(type_: Type) -> str:
    return "null, which this may be" if type_.may_be_null else named(type_)


def subscript(base: Expression, key: Expression, lenient: bool) -> Type:
    """The type of `base[key]`; `lenient` inside `default`, which has a meaning for null."""
    _usable("`[ ]`", base, null=lenient)
    _usable("`[ ]`", key)
    one, two = base.type.kind, key.type.kind
    if one in (Kind.ANY, Kind.NULL):
        if two in (Kind.STRING, Kind.INTEGER, Kind.ANY):
            return types.ANY
        raise Wrong(f"a key is a string or an integer, not {named(key.type)}", None, key)
    wanted = {Kind.MAP: Kind.STRING, Kind.LIST: Kind.INTEGER, Kind.STRING: Kind.INTEGER}.get(one)
    if wanted is None:
        help_ = 'take a part of it with `format(t, "%Y")`' if one.is_moment else None
        raise Wrong(f"{named(base.type)} has no parts to take", help_, base)
    if two not in (wanted, Kind.ANY):
        raise Wrong(
            f"{named(base.type)} is indexed by {named(Type(wanted))}, not {named(key.type)}",
            None,
            key,
        )
    return types.STRING if one is Kind.STRING else types.ANY


def if_else(test: Expression, then: Expression, otherwise: Expression) -> Type:
    condition(test, "`if`")
    _usable("`if`", then, otherwise, null=True)
    return join(then.type, otherwise.type)


_ONE_ARGUMENT: Final = {
    "len": (Kind.STRING, Kind.LIST, Kind.MAP),
    "lower": (Kind.STRING,),
    "upper": (Kind.STRING,),
    "int": (Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN),
    "float": (Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN),
    "bool": (Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN),
    "format": (Kind.DATE, Kind.DATETIME),
    "add": (Kind.DATE, Kind.DATETIME),
}


def call(function: str, args: tuple[Expression, ...], result: Type | None) -> Type:
    """The type of a call whose number of arguments is right."""
    _usable(f"`{function}`", *args, null=function in ("default", "json"))
    first = args[0]
    allowed = _ONE_ARGUMENT.get(function)
    if allowed is not None and first.type.kind is not Kind.ANY and first.type.kind not in allowed:
        wanted = " or ".join(named(Type(kind)) for kind in allowed)
        help_ = "to ask whether it is empty, write `len(x) > 0`" if function == "bool" else None
        raise Wrong(f"`{function}` takes {wanted}, not {named(first.type)}", help_, first)
    if function == "format":
        _check_format(args[1])
    if function == "add":
        _check_move(first, args[1])
    if function == "default":
        one, two = first.type, args[1].type
        if one.kind is Kind.NULL:
            return two
        joined = join(not_null(one), two)
        return Type(joined.kind, two.nullable or two.kind is Kind.NULL, joined.members)
    return result if result is not None else first.type


def _text_literal(function: str, arg: Expression, example: str) -> str:
    if isinstance(arg, Literal) and isinstance(arg.value, str):
        return arg.value
    raise Wrong(
        f"the second argument of `{function}` must be known at compile time",
        f"write it as a text, such as {example}",
        arg,
    )


def _check_format(arg: Expression) -> None:
    format_ = _text_literal("format", arg, '`"%Y%m%d"`')
    wrong = wrong_directive(format_)
    if wrong is not None:
        raise Wrong(
            f"`{wrong}` is not a part of a date that every platform knows",
            "use the directives of Python's strftime, such as `%Y`, `%m`, `%d`, `%H`, `%M`, `%z`",
            arg,
        )
    if "\0" in format_:
        raise Wrong("a format cannot hold a null character", None, arg)


def _check_move(moment: Expression, arg: Expression) -> None:
    move = parse_move(_text_literal("add", arg, '`"1d"` or `"-2h"`'))
    if move is None:
        raise Wrong(
            "this is no duration", 'durations are `"1d"`, `"-1w"`, `"1h30m"`, `"PT1H30M"`', arg
        )
    if move.elapsed and moment.type.kind is Kind.DATE:
        raise Wrong(
            "a date has no time of day to move",
            "add whole days or weeks to it, or use a datetime such as `run.time`",
            arg,
        )
