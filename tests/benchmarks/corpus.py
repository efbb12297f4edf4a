"""Pipelines to measure with: the same text for the same number, on every machine."""

from __future__ import annotations

import random
from pathlib import Path

_WORDS = ("orders", "visits", "stock", "prices", "refunds", "sessions", "clicks", "invoices")
_ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata")


def document(number: int, tasks: int = 20) -> str:
    """A pipeline of so many tasks (copies of a matrix not counted), as a person would write it."""
    chance = random.Random(number)  # noqa: S311 - text, not secrets
    subject = chance.choice(_WORDS)
    head = f"""\
dagglot: 1
pipeline: {subject}_{number:05}
description: Load the {subject} of one day and report on them.
owner: data-eng@example.com
tags: [{subject}, nightly]

schedule:
  cron: "{chance.randrange(60)} {3 + chance.randrange(21)} * * *"
  timezone: {chance.choice(_ZONES)}
  start: "2026-01-01"
  catchup: false

params:
  min_rows:
    type: integer
    default: {chance.randrange(1, 1000)}
    minimum: 0
    description: Fewer rows than this, and nothing is loaded.
  mode:
    default: append
    enum: [append, replace]
    description: What happens to the rows of a day that is loaded again.
  full_refresh: {{type: boolean, default: false, description: Rebuild from scratch.}}

vars:
  regions: [emea, americas, apac]
  bucket: s3://lake/{subject}

defaults:
  retries: {{count: {chance.randrange(1, 4)}, delay: 30s, backoff: exponential, max_delay: 5m}}
  timeout: 30m

tasks:
"""
    made: list[str] = []
    blocks: list[str] = []
    while len(made) < tasks:
        block, ids = _block(chance, subject, len(blocks), made, tasks - len(made))
        blocks.append(block)
        made.extend(ids)
    return head + "\n".join(blocks)


def _block(
    chance: random.Random, subject: str, place: int, before: list[str], room: int
) -> tuple[str, list[str]]:
    """The next piece of a pipeline, and the ids that later tasks may depend on."""
    upstream = chance.sample(before, min(len(before), chance.randrange(1, 3)))
    edge = f"    depends_on: [{', '.join(upstream)}]\n" if upstream else ""
    kind = place % 5
    name = f"{('extract', 'publish', 'load', 'transform', 'settle')[kind]}_{place}"
    if kind == 0 or room < 4:
        return (
            f"  {name}:\n"
            "    type: python\n"
            f"    description: Read what the shops sent ({place}).\n"
            f"    call: shop.{subject}:extract\n"
            "    args:\n"
            '      day: "${{ run.date }}"\n'
            '      source: "${{ vars.bucket }}/in"\n'
            '      full: "${{ params.full_refresh }}"\n'
            f"      columns: [id, shop, amount, currency]\n{edge}"
        ), [name]
    if kind == 1:
        reads = next((one for one in upstream if one.startswith("extract")), None)
        output = f"      ROWS: ${{{{ tasks.{reads}.output }}}}\n" if reads else ""
        return (
            f"  {name}:\n"
            "    type: shell\n"
            f"    description: Hand the files of {subject} over.\n"
            "    run: |\n"
            "      set -u\n"
            '      target="$BUCKET/${{ run.date }}"\n'
            '      echo "publishing to $target, mode $MODE"\n'
            "      for part in 1 2 3; do\n"
            '        echo "part $part of ${{ params.min_rows }}"\n'
            "      done\n"
            "    env:\n"
            '      BUCKET: "${{ vars.bucket }}"\n'
            f'      MODE: "${{{{ params.mode }}}}"\n{output}'
            f"    retries: {chance.randrange(4)}\n    timeout: 10m\n{edge}"
        ), [name]
    if kind == 2:
        return (
            f"  {name}:\n"
            "    type: python\n"
            "    description: Upsert the rows of one region.\n"
            '    matrix: {region: "${{ vars.regions }}"}\n'
            f"    call: shop.{subject}:load\n"
            "    args:\n"
            '      region: "${{ matrix.region }}"\n'
            '      mode: "${{ params.mode }}"\n'
            f"      batch: {chance.randrange(100, 5000)}\n{edge}"
        ), [name]
    if kind == 3:
        return (
            f"  {name}:\n"
            f"    description: From rows to tables.\n{edge}"
            "    tasks:\n"
            "      clean:\n"
            "        type: python\n"
            f"        call: shop.{subject}:clean\n"
            '        args: {min_rows: "${{ params.min_rows }}", strict: true}\n'
            "      join:\n"
            "        type: python\n"
            f"        call: shop.{subject}:join\n"
            "        args:\n"
            '          rows: "${{ tasks.clean.output }}"\n'
            '          run: "${{ run.id }}"\n'
            "        retries: {count: 1, delay: 1m}\n"
            "      check:\n"
            "        type: shell\n"
            "        run: test ${{ params.min_rows }} -ge 0\n"
            "        depends_on: join\n"
        ), [f"{name}.{inner}" for inner in ("clean", "join", "check")]
    return (
        f"  {name}:\n    type: noop\n    description: A place to wait.\n"
        f"    trigger_rule: all_success\n{edge}"
    ), [name]


def write(folder: Path, files: int, tasks: int = 20) -> list[Path]:
    """So many files in a new folder."""
    folder.mkdir(parents=True)
    made = []
    for number in range(files):
        path = folder / f"pipeline_{number:05}.yaml"
        path.write_text(document(number, tasks), encoding="utf-8")
        made.append(path)
    return made
