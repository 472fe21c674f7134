"""Reads and merges plain files for a face, without opening a project."""

from podium.projects.project_files import read_text_file
from podium.store.documents.merge_driver import merge_files

__all__ = ["merge_files", "read_text_file"]
