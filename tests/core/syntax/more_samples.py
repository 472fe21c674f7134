"""Valid texts of the languages that people reach for less often; joined to the others' table."""

TOML = """title = "sample"
numbers = [1, 2.5, 0xff]
when = 2020-01-02T03:04:05Z

[owner]
name = 'literal \\'
address = { street = "a", number = 3 }

[[items]]
name = "one"
text = \"\"\"
many "lines"
\"\"\"

[[items]]
name = "two"
tags = [
  "a",
  "b",
]
"""

CSHARP = """using System;
using System.Collections.Generic;

namespace Ledger
{
#if NET8_0
    public record Entry(int Amount) : IEntry
#else
    public record Entry(int Amount)
#endif
    {
        public string Describe(int width) => $"{Amount} of {width}";
    }

    public class Book
    {
        private readonly List<Entry> _entries = new();
        public int Total { get; private set; }

        public void Add(Entry entry)
        {
            if (entry.Amount > 0)
            {
                _entries.Add(entry);
                Total += entry.Amount;
            }
        }

        public int[] Amounts()
        {
            var result = new int[_entries.Count];
            for (var i = 0; i < result.Length; i++)
            {
                result[i] = _entries[i].Amount;
            }
            return result;
        }
    }
}
"""

RUBY = """# frozen_string_literal: true

require "json"

module Ledger
  LIMIT = 10

  class Entry
    attr_reader :amount

    def initialize(amount, tags: [])
      @amount = amount
      @tags = tags
    end

    def describe(width = 20)
      return "none" if @tags.empty?

      names = @tags.sort.map { |tag| tag.upcase }.join(", ")
      "#{amount.to_s.rjust(width)} #{names}"
    end

    def large? = amount > LIMIT
  end

  def self.total(entries)
    result = 0
    entries.each do |entry|
      if entry.amount.positive?
        result += entry.amount
      else
        result -= entry.amount.abs
      end
    end
    while result > LIMIT do
      result /= 2
    end
    result
  end
end
"""

PHP = """<?php

declare(strict_types=1);

namespace App\\Ledger;

use App\\Model\\Entry;

final class Ledger
{
    private const LIMIT = 10;

    /** @var array<int, Entry> */
    private array $entries = [];

    public function __construct(private readonly string $name)
    {
    }

    public function add(Entry $entry): void
    {
        if ($entry->amount > self::LIMIT) {
            throw new \\InvalidArgumentException("too large: {$entry->amount}");
        }
        $this->entries[] = $entry;
    }

    public function total(): int
    {
        return array_sum(array_map(fn ($entry) => $entry->amount, $this->entries));
    }
}

function load(string $path): array
{
    $rows = file($path) ?: [];
    foreach ($rows as $number => $row) {
        $rows[$number] = trim($row);
    }
    return $rows;
}
"""

KOTLIN = """package ledger

import java.io.File

const val LIMIT = 10

data class Entry(val amount: Int, val tags: List<String> = emptyList())

class Ledger(private val name: String) {
    private val entries = mutableListOf<Entry>()

    fun add(entry: Entry) {
        require(entry.amount <= LIMIT) { "too large: ${entry.amount}" }
        entries.add(entry)
    }

    fun total(): Int = entries.sumOf { it.amount }

    companion object {
        fun empty(): Ledger = Ledger("empty")
    }
}

fun load(path: String): List<Entry> {
    val rows = File(path).readLines().map { it.trim() }
    val result = ArrayList<Entry>()
    for (row in rows) {
        if (row.isNotEmpty()) {
            result.add(Entry(row.toInt()))
        }
    }
    return result
}
"""

SWIFT = """import Foundation

struct Entry: Codable {
    let amount: Int
    var tags: [String] = []
}

final class Ledger {
    private var entries: [Entry] = []

    init(entries: [Entry]) {
        self.entries = entries
    }

    func add(_ entry: Entry) throws {
        guard entry.amount > 0 else {
            throw LedgerError.empty
        }
        entries.append(entry)
    }

    func describe(width: Int) -> String {
        let names = entries.flatMap { $0.tags }.sorted().joined(separator: ", ")
        return "\\(width) of \\(names)"
    }
}

enum LedgerError: Error {
    case empty
    case tooLarge(amount: Int)
}

func total(of entries: [Entry]) -> Int {
    var result = 0
    for entry in entries where entry.amount > 0 {
        result += entry.amount
    }
    return result
}
"""

LUA = """local json = require("json")

local LIMIT = 10
local Ledger = {}
Ledger.__index = Ledger

function Ledger.new(name)
  return setmetatable({ name = name, entries = {} }, Ledger)
end

function Ledger:add(entry)
  if entry.amount > LIMIT then
    error("too large: " .. tostring(entry.amount))
  elseif entry.amount < 0 then
    return nil
  end
  self.entries[#self.entries + 1] = entry
end

local function total(entries)
  local result = 0
  for _, entry in ipairs(entries) do
    result = result + entry.amount
  end
  while result > LIMIT do
    result = result / 2
  end
  repeat
    result = result - 1
  until result < LIMIT
  return result
end

return { Ledger = Ledger, total = total, decode = function(text) return json.decode(text) end }
"""

MARKDOWN = """# Ledger

A book of entries, *one* for each day.

## Install

```sh
pip install ledger
ledger --version
```

## Use

1. Write an entry: `ledger add 10`.
2. Read them all:

   ~~~python
   from ledger import load

   print(load("book.json"))
   ~~~

| command | what it does |
| --- | --- |
| add | writes an entry |
| total | adds all of them up |

See [the guide](docs/guide.md) for more.
"""

MORE_SAMPLES: dict[str, tuple[str, str]] = {
    "csharp": ("Ledger.cs", CSHARP),
    "ruby": ("ledger.rb", RUBY),
    "php": ("Ledger.php", PHP),
    "kotlin": ("Ledger.kt", KOTLIN),
    "swift": ("Ledger.swift", SWIFT),
    "lua": ("ledger.lua", LUA),
    "markdown": ("guide.md", MARKDOWN),
}
"""Name of the sample to its path and text."""
