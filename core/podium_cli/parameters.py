"""Builds click parameters from an operation's model, and its parameters from click's values."""

import shlex
import types
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from podium.errors import ValidationError
from podium_cli.verb import Verb

COMMAND_FIELDS = frozenset({"command", "test"})
"""Fields that contain a command: typed as one line, split like in a shell, run without a shell."""


class _Argument(click.Argument):
    """An argument that is asked for if it is missing; see `podium_cli.missing`."""

    def value_is_missing(self, value: Any) -> bool:
        """Return False, so that click accepts a command line without it."""
        del value
        return False


class _Option(click.Option):
    """An option that is asked for if it is missing."""

    def value_is_missing(self, value: Any) -> bool:
        """Return False, so that click accepts a command line without it."""
        del value
        return False


def click_parameters(model: type[BaseModel], verb: Verb) -> list[click.Parameter]:
    """Return click parameters for a model: arguments first, in the verb's order."""
    names = [name.lstrip("*") for name in verb.arguments]
    fields = {k: v for k, v in model.model_fields.items() if k not in verb.hidden_parameters}
    arguments: list[click.Parameter] = [
        _argument(name, fields[name], takes_all=f"*{name}" in verb.arguments) for name in names
    ]
    options: list[click.Parameter] = [
        _option(name, info, verb) for name, info in fields.items() if name not in names
    ]
    former: list[click.Parameter] = [
        click.Option([former_parameter(flag), flag], hidden=True) for flag in verb.former_options
    ]
    return [*arguments, *options, *former]


def former_parameter(flag: str) -> str:
    """Return click's parameter name for an option's previous spelling."""
    return f"former_{flag.lstrip('-').replace('-', '_')}"


def given_values(model: type[BaseModel], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given parameters from click's values.

    Raises:
        ValidationError: a command line or a NAME=VALUE pair cannot be parsed.
    """
    return {
        name: _value(name, model.model_fields[name], answer)
        for name, answer in answers.items()
        if name in model.model_fields and answer not in (None, ())
    }


def _argument(name: str, info: FieldInfo, *, takes_all: bool) -> click.Argument:
    required = info.is_required() and not takes_all
    return _Argument([name], required=required, nargs=-1 if takes_all else 1)


def _option(name: str, info: FieldInfo, verb: Verb) -> click.Option:
    flags = verb.options.get(name, (f"--{name.replace('_', '-')}",))
    kind = _inner(info.annotation)
    common: dict[str, Any] = {"help": info.description, "required": info.is_required()}
    if kind is bool:
        return click.Option([name, *flags], is_flag=True, default=None, help=info.description)
    if get_origin(kind) is dict:
        return _Option([name, *flags], multiple=True, metavar="NAME=VALUE", **common)
    if get_origin(kind) is tuple and name not in COMMAND_FIELDS:
        return _Option([name, *flags], multiple=True, **common)
    return _Option(
        [name, *flags], type=_type(kind, others=str in get_args(info.annotation)), **common
    )


class OpenChoice(click.Choice[str]):
    """A choice that packages may extend, so the operation validates other values."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value unchanged."""
        del param, ctx
        return str(value)


def _inner(annotation: Any) -> Any:
    """Return the type behind `X | None`."""
    if get_origin(annotation) in (Union, types.UnionType):
        return next(each for each in get_args(annotation) if each is not type(None))
    return annotation


def _type(kind: Any, *, others: bool) -> click.ParamType[Any, Any]:
    if get_origin(kind) is Literal:
        return click.Choice([str(each) for each in get_args(kind)])
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return (OpenChoice if others else click.Choice)([str(each) for each in kind])
    known: dict[Any, click.ParamType[Any, Any]] = {int: click.INT, float: click.FLOAT}
    return known.get(kind, click.STRING)


def _value(name: str, info: FieldInfo, answer: Any) -> Any:
    kind = _inner(info.annotation)
    if name == "where":
        # A single word is a complete filter in quotes.
        return answer[0] if len(answer) == 1 else shlex.join(answer)
    if name in COMMAND_FIELDS and isinstance(answer, str):
        return _split(answer)
    if get_origin(kind) is dict:
        return dict(_pair(each) for each in answer)
    return answer


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ValidationError(f"The command {text!r} cannot be parsed", why=str(error)) from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValidationError(f"{text!r} is not an option", why="write it as NAME=VALUE")
    return name, value
