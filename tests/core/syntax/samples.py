"""A valid text per language; brackets stand outside strings and comments only where it is meant."""

from tests.core.syntax.more_samples import MORE_SAMPLES, TOML

PYTHON = '''"""A ledger."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """One booking."""

    amount: int
    tags: list[str] = field(default_factory=list)

    def describe(self, *, width: int = 20) -> str:
        names = ", ".join(sorted(self.tags))
        return f"{self.amount:>{width}} {names}"


def total(entries: list[Entry]) -> int:
    result = 0
    for entry in entries:
        if entry.amount > 0:
            result += entry.amount
        else:
            result -= abs(entry.amount)
    return result


async def load(path: str) -> dict[str, int]:
    with open(path) as file:
        data = json.load(file)
    return {name: int(value) for name, value in data.items()}


def main() -> None:
    entries = [Entry(1, ["a"]), Entry(2)]
    print(total(entries))
'''

JAVASCRIPT = """import { readFile } from "node:fs/promises";

const LIMIT = 10;

export async function load(path, { encoding = "utf8" } = {}) {
  const text = await readFile(path, encoding);
  const rows = text.split("\\n").map((line) => line.trim());
  if (rows.length > LIMIT) {
    throw new Error(`too many rows: ${rows.length}`);
  }
  return rows.filter(Boolean);
}

export class Cache {
  #entries = new Map();

  get(key) {
    return this.#entries.get(key) ?? null;
  }

  set(key, value) {
    this.#entries.set(key, value);
    return this;
  }
}

export default function main() {
  const cache = new Cache();
  for (const [key, value] of Object.entries({ a: 1, b: 2 })) {
    cache.set(key, [value, value * 2]);
  }
  return cache;
}
"""

JSX = """import { useState } from "react";

export function Counter({ start, children }) {
  const [count, setCount] = useState(start);
  const label = count > 3 ? "many" : "few";
  return (
    <section className="counter">
      <h1 title={label}>It's {count}</h1>
      <button onClick={() => setCount(count + 1)}>more</button>
      {children && <p>{children}</p>}
      <>
        <input type="text" value={label} />
      </>
    </section>
  );
}
"""

TYPESCRIPT = """import type { Row } from "./row";

export interface Options<T> {
  readonly name: string;
  map?: (value: T) => Row | undefined;
}

export enum Level {
  Low = 1,
  High,
}

type Keys = keyof Options<number>;

export abstract class Store<T extends { id: string }> {
  private readonly rows = new Map<string, T>();

  constructor(protected options: Options<T>) {}

  add(row: T): this {
    this.rows.set(row.id, row);
    return this;
  }

  abstract describe(level?: Level): string;
}

export function pick(keys: Keys[]): Record<string, number> {
  const result: Record<string, number> = {};
  keys.forEach((key, index) => {
    result[key] = index as number;
  });
  return result;
}
"""

TSX = """import React from "react";

interface Props<T> {
  items: T[];
  render: (item: T) => React.ReactNode;
}

export function List<T,>({ items, render }: Props<T>) {
  const empty: boolean = items.length === 0;
  if (empty) {
    return <p>nothing</p>;
  }
  return (
    <ul>
      {items.map((item, index) => (
        <li key={index}>{render(item)}</li>
      ))}
    </ul>
  );
}
"""

JSON = """{
  "name": "sample",
  "numbers": [1, 2.5, -3e10, 1e+5],
  "nested": {
    "empty": {},
    "list": [],
    "text": "a \\"quoted\\" word"
  },
  "flags": [
    true,
    false,
    null
  ],
  "last": "end"
}
"""

GO = """package ledger

import (
	"errors"
	"fmt"
)

type Entry struct {
	Amount int
	Tags   []string
}

func (e *Entry) Describe() string {
	return fmt.Sprintf("%d %v", e.Amount, e.Tags)
}

func Total(entries []Entry) (int, error) {
	if len(entries) == 0 {
		return 0, errors.New("empty")
	}
	sum := 0
	for _, entry := range entries {
		switch {
		case entry.Amount > 0:
			sum += entry.Amount
		default:
			sum -= 1
		}
	}
	return sum, nil
}
"""

RUST = """use std::collections::HashMap;

#[derive(Debug, Clone)]
pub struct Entry<'a> {
    amount: i64,
    tags: Vec<&'a str>,
}

impl<'a> Entry<'a> {
    pub fn describe(&self) -> String {
        format!("{} {:?}", self.amount, self.tags)
    }
}

pub fn total(entries: &[Entry]) -> Result<i64, String> {
    let mut sum = 0;
    for entry in entries {
        match entry.amount {
            0 => continue,
            n if n > 0 => sum += n,
            n => return Err(format!("negative: {n}")),
        }
    }
    Ok(sum)
}

pub fn count(words: &[String]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    words.iter().for_each(|word| {
        *counts.entry(word.clone()).or_insert(0) += 1;
    });
    counts
}
"""

JAVA = """package ledger;

import java.util.List;
import java.util.Map;

public final class Ledger<T extends Comparable<T>> {
    private final List<T> rows;

    public Ledger(List<T> rows) {
        this.rows = List.copyOf(rows);
    }

    @Override
    public String toString() {
        return "Ledger" + rows;
    }

    public Map<String, Integer> count() {
        int[] total = {0, 1};
        for (T row : rows) {
            if (row.compareTo(rows.get(0)) > 0) {
                total[0]++;
            } else {
                total[1] += 2;
            }
        }
        rows.forEach(row -> System.out.println(row));
        return Map.of("more", total[0], "other", total[1]);
    }
}
"""

C = """#ifndef LEDGER_H
#define LEDGER_H

#include <stdio.h>

#define EACH(list, item) for (item = (list)->head; item; item = item->next) {
#define END }

#ifdef __cplusplus
extern "C" {
#endif

typedef struct entry {
    long amount;
    struct entry *next;
} entry;

API_EXPORT(long) total(struct list *entries) ATTRIBUTE_PURE;

static int describe(const entry *one, char *buffer)
{
    if (one->amount > 0) {
        return sprintf(buffer, "%ld {", one->amount);
    } else if (one->next) {
        return describe(one->next, buffer);
    }
#if defined(WINDOWS)
    if (is_windows()) {
#else
    if (is_other('{', '"')) {
#endif
        buffer[0] = '\\0';
    }
    EACH(list, item)
        use(item);
    END
    return 0;
}

#if 0
don't look here {
#endif

#ifdef __cplusplus
}
#endif

#endif
"""

CPP = """#pragma once
#include <map>
#include <string>

LIB_BEGIN_NAMESPACE
namespace ledger {

template <typename T, std::size_t N = 1'000>
class LIB_API Store final {
 public:
  explicit Store(std::map<std::string, T> rows) : rows_{std::move(rows)} {}

  auto describe() const -> std::string {
    return R"(a " raw { string)";
  }

  LIB_TEST(Store, adds) {
    auto add = [this](auto key, T value) {
      rows_.emplace(key, value);
    };
    if constexpr (N > 0xFF'FFu) {
      add(std::string("}"), T{});
    }
    for (const auto& [key, value] : rows_) {
      add(key, value);
    }
  }

 private:
  std::map<std::string, T> rows_;
};

}  // namespace ledger
LIB_END_NAMESPACE
"""

BASH = """#!/usr/bin/env bash
set -euo pipefail

readonly root="$(cd "$(dirname "$0")" && pwd)"
names=(alpha beta "gamma delta")

describe() {
  local name="$1"
  if [[ -f "$root/$name" ]]; then
    echo "file ${name%.txt}"
  elif [ -d "$root/$name" ]; then
    echo "folder"
  else
    return 1
  fi
}

for name in "${names[@]}"; do
  case "$name" in
    alpha | beta) describe "$name" ;;
    *) echo "skip $((1 + 2))" ;;
  esac
done

while read -r line; do
  printf '%s\\n' "$line"
done <<END
one
two
END
"""

HTML = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Sample</title>
  <link rel="stylesheet" href="a.css">
  <script>
    if (1 < 2) { console.log("</p>"); }
  </script>
</head>
<body>
  <!-- a comment -->
  <div class="page">
    <h1>Title</h1>
    <ul>
      <li>one
      <li>two
    </ul>
    <p>A paragraph<br>with a break
    <img src="a.png" alt="">
    <section>Text &amp; more</section>
  </div>
</body>
</html>
"""

CSS = """:root {
  --accent: #336699;
}

a:hover,
.page > .title::before {
  color: var(--accent);
  background: url("a.png") no-repeat;
  content: "\\201C";
}

@media (min-width: 40em) and (max-width: 80em) {
  .page {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
  }

  .title {
    width: calc(100% - (2 * 1rem));
  }
}
"""

YAML = """# a comment
name: sample
version: 1.2
list:
  - one
  - two: {a: 1, b: [x, y]}
text: |
  free text {
    with "anything
folded: >-
  more
anchors:
  base: &base
    key: 'single ''quoted'''
  other:
    <<: *base
    flow: [1, 2,
      3]
---
second: document
"""

JSONC = """{
  // The settings that all packages share.
  "compilerOptions": {
    "strict": true,
    "target": "es2024",
    "types": ["node", "vitest",],
    /* Build output
       is not checked in. */
    "outDir": "dist",
    "declaration": true,
  },
  "include": ["src", "test"],
  "exclude": ["dist"],
}
"""

SAMPLES: dict[str, tuple[str, str]] = {
    "python": ("ledger.py", PYTHON),
    "javascript": ("ledger.js", JAVASCRIPT),
    "jsx": ("counter.jsx", JSX),
    "jsx in .js": ("counter.js", JSX),
    "typescript": ("store.ts", TYPESCRIPT),
    "tsx": ("list.tsx", TSX),
    "json": ("sample.json", JSON),
    "jsonc": ("tsconfig.base.json", JSONC),
    "go": ("ledger.go", GO),
    "rust": ("ledger.rs", RUST),
    "java": ("Ledger.java", JAVA),
    "c": ("ledger.h", C),
    "cpp": ("store.hpp", CPP),
    "bash": ("run.sh", BASH),
    "html": ("page.html", HTML),
    "css": ("page.css", CSS),
    "yaml": ("sample.yaml", YAML),
    "toml": ("sample.toml", TOML),
    **MORE_SAMPLES,
}
"""Name of the sample to its path and text."""
