"""The public schemas themselves: sound, closed, described, and written so that errors are exact."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from dagglot import resources
from dagglot.schema import documents

EXPRESSION = "${{ vars.x }}"
Node = Mapping[str, Any]

REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(contents)) for name, contents in documents().items()
)
OF_SCHEMAS = ("additionalProperties", "else", "if", "items", "not", "propertyNames", "then")
OF_MAPS = ("$defs", "dependentSchemas", "patternProperties", "properties")
OF_LISTS = ("allOf", "anyOf", "oneOf")


def walk(node: Any, pointer: str = "") -> Iterator[tuple[str, Node]]:
    """Every subschema of a document, by its JSON pointer."""
    if not isinstance(node, dict):
        return
    yield pointer, node
    for word in OF_SCHEMAS:
        if word in node:
            yield from walk(node[word], f"{pointer}/{word}")
    for word in OF_MAPS:
        for name, child in node.get(word, {}).items():
            step = name.replace("~", "~0").replace("/", "~1")
            yield from walk(child, f"{pointer}/{word}/{step}")
    for word in OF_LISTS:
        for index, child in enumerate(node.get(word, ())):
            yield from walk(child, f"{pointer}/{word}/{index}")


EVERYWHERE = [
    (name, pointer, node) for name, root in documents().items() for pointer, node in walk(root)
]


def followed(name: str, node: Node) -> Iterator[Node]:
    """A subschema and those that it refers to."""
    yield node
    if "$ref" in node:
        found = REGISTRY.resolver(base_uri=name).lookup(node["$ref"])
        base = name if node["$ref"].startswith("#") else found.resolver._base_uri
        yield from followed(base, found.contents)
    for word in ("else", "then"):
        if isinstance(node.get(word), dict) and "$ref" in node[word]:
            yield from followed(name, node[word])


def at(name: str, pointer: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{name}#{pointer}"}, registry=REGISTRY)


@pytest.mark.parametrize("name", documents())
def test_a_schema_of_its_draft(name: str) -> None:
    Draft202012Validator.check_schema(documents()[name])


def test_there_is_one_for_each_kind_of_file_and_target() -> None:
    ends = {name.removeprefix("https://dagglot.invalid/schemas/") for name in documents()}
    assert ends == {
        "pipeline.v1.schema.json",
        "project.v1.schema.json",
        "targets/airflow.schema.json",
        "targets/dagster.schema.json",
        "targets/prefect.schema.json",
    }


def test_the_files_are_printed_stably() -> None:
    for name, contents in documents().items():
        relative = "schemas/" + name.removeprefix("https://dagglot.invalid/schemas/")
        printed = json.dumps(contents, indent=2, ensure_ascii=False) + "\n"
        assert resources.text(relative) == printed


def test_every_reference_leads_somewhere() -> None:
    for name, _, node in EVERYWHERE:
        if "$ref" in node:
            assert list(followed(name, node))[1:], node["$ref"]


def test_every_definition_is_used() -> None:
    used = {node["$ref"].partition("#")[2] for _, _, node in EVERYWHERE if "$ref" in node}
    for root in documents().values():
        for name in root.get("$defs", {}):
            assert any(f"{pointer}/".startswith(f"/$defs/{name}/") for pointer in used), name


def keys() -> Iterator[tuple[str, str, Node]]:
    """Every key that an author can write; not the conditions over keys declared elsewhere."""
    for name, pointer, node in EVERYWHERE:
        parts = pointer.split("/")
        if {"if", "then", "else", "allOf", "dependentSchemas"} & set(parts):
            continue
        for key, child in node.get("properties", {}).items():
            yield name, f"{pointer}/properties/{key}", child


def test_every_key_has_a_description_and_examples() -> None:
    for name, pointer, node in keys():
        nodes = list(followed(name, node))
        assert any("description" in one for one in nodes), pointer
        assert any(one.get("examples") for one in nodes), pointer


def test_every_example_is_valid_at_its_place() -> None:
    count = 0
    for name, pointer, node in EVERYWHERE:
        for example in node.get("examples", ()):
            errors = [error.message for error in at(name, pointer).iter_errors(example)]
            assert not errors, (pointer, example, errors)
            count += 1
    assert count > 300


def test_mappings_with_fixed_keys_are_closed() -> None:
    conditions = {"if", "then", "else", "allOf", "dependentSchemas"}
    open_by_design = {"/$defs/task", "/$defs/alert", "/$defs/task_keys"}  # their kinds are closed
    for _, pointer, node in EVERYWHERE:
        if "properties" not in node or conditions & set(pointer.split("/")):
            continue
        if pointer not in open_by_design:
            assert "additionalProperties" in node, pointer
        if node.get("additionalProperties") is False and "title" not in node:
            pytest.fail(f"no title to name it by in messages: {pointer}")


def test_own_keys_may_stand_where_keys_are_fixed() -> None:
    exempt = {"/$defs/asset_condition", "/$defs/outcome"}  # values, whose every key has a meaning
    for _, pointer, node in EVERYWHERE:
        if node.get("additionalProperties") is False and pointer not in exempt:
            assert list(node["patternProperties"]) == ["^x-"], pointer


def test_choices_are_discriminated() -> None:
    """`oneOf` and `anyOf` only ask which key is there: then every error has one exact place."""
    for _, pointer, node in EVERYWHERE:
        for word in ("oneOf", "anyOf"):
            for branch in node.get(word, ()):
                assert list(branch) == ["required"], pointer
                assert len(branch["required"]) == 1, pointer


def test_only_keywords_that_have_words() -> None:
    annotations = {
        "$comment",
        "$defs",
        "$id",
        "$ref",
        "$schema",
        "default",
        "description",
        "examples",
    }
    shapes = {
        "additionalProperties",
        "patternProperties",
        "properties",
        "propertyNames",
        "required",
    }
    choices = {
        "allOf",
        "anyOf",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "oneOf",
        "then",
    }
    values = {"const", "enum", "maximum", "minimum", "minLength", "pattern", "title", "type"}
    sizes = {"items", "maxProperties", "minItems", "minProperties", "not"}
    known = annotations | shapes | choices | values | sizes
    for _, pointer, node in EVERYWHERE:
        assert set(node) <= known, pointer


def test_values_that_can_be_wrong_have_a_noun() -> None:
    for _, pointer, node in EVERYWHERE:
        if "enum" in node and not pointer.endswith("/not"):
            assert "title" in node, pointer
        if "pattern" in node and node["pattern"] != r"\$\{\{":
            assert "title" in node, pointer


def test_an_expression_may_stand_for_every_single_value() -> None:
    single = {"string", "integer", "number", "boolean"}
    exempt = {"/properties/dagglot"}
    checked = 0
    for name, pointer, node in keys():
        if pointer in exempt or "const" in node:
            continue
        for one in followed(name, node):
            types = one.get("type", [])
            if {types} if isinstance(types, str) else set(types) & single:
                if isinstance(types, str) and types not in single:
                    continue
                errors = [error.message for error in at(name, pointer).iter_errors(EXPRESSION)]
                assert not errors, (pointer, errors)
                checked += 1
    assert checked > 200


def test_null_removes_what_a_default_may_set() -> None:
    pipeline = next(name for name in documents() if name.endswith("/pipeline.v1.schema.json"))
    defs = documents()[pipeline]["$defs"]
    for name in (name for name in defs if name.endswith("_defaults") or name == "defaults"):
        for key in defs[name]["properties"]:
            if key in ("by_type", "json"):
                continue
            assert at(pipeline, f"/$defs/{name}/properties/{key}").is_valid(None), (name, key)


def test_patterns_mean_the_same_to_every_engine() -> None:
    """Only what ECMA, Python and Rust read alike: no classes that know Unicode, no look-around."""
    for _, pointer, node in EVERYWHERE:
        pattern = node.get("pattern", "")
        assert not re.search(r"\\[wWdDsSbB]|\(\?[=!<]", str(pattern)), pointer


def test_ids_of_kinds_and_defaults_agree() -> None:
    pipeline = next(
        root for name, root in documents().items() if name.endswith("/pipeline.v1.schema.json")
    )
    defs = pipeline["$defs"]
    kinds = defs["task_keys"]["properties"]["type"]["else"]["enum"]
    assert [name.removesuffix("_task") for name in defs if name.endswith("_task")] == kinds
    assert list(defs["defaults"]["properties"]["by_type"]["properties"]) == kinds
