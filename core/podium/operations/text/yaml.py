"""Reads YAML safely: no tags, no exponential aliases, every problem with its line."""

from podium.platform.yaml_text import YamlSource, YamlValues, read_yaml

__all__ = ["YamlSource", "YamlValues", "read_yaml"]
