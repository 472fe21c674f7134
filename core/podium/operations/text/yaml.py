"""Reads YAML as Podium does: no tags, no anchors that explode, every problem with its line."""

from podium.platform.yaml_text import YamlSource, YamlValues, read_yaml

__all__ = ["YamlSource", "YamlValues", "read_yaml"]
