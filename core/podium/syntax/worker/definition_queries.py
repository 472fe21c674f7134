"""Queries for the definitions in each grammar, as data.

A pattern captures the definition as its kind and its name as `name`; `owner` is a type before the
name. The grammars' own `tags.scm` find fewer definitions: no constants and no type aliases.
"""

from collections.abc import Mapping
from types import MappingProxyType

_JAVASCRIPT = """
(function_declaration name: (_) @name) @function
(generator_function_declaration name: (_) @name) @function
(class_declaration name: (_) @name) @class
(method_definition name: (_) @name) @function
(program [(lexical_declaration (variable_declarator name: (identifier) @name) @constant)
          (variable_declaration (variable_declarator name: (identifier) @name) @constant)])
(export_statement [(lexical_declaration (variable_declarator name: (identifier) @name) @constant)
          (variable_declaration (variable_declarator name: (identifier) @name) @constant)])
(statement_block (lexical_declaration (variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression)]) @function))
(pair key: (property_identifier) @name value: [(arrow_function) (function_expression)]) @function
(assignment_expression left: (member_expression) @name
  right: [(function_expression) (arrow_function) (class)]) @function
"""
_TYPESCRIPT = (
    _JAVASCRIPT
    + """
(abstract_class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(type_alias_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(internal_module name: (_) @name) @module
(module name: (_) @name) @module
(function_signature name: (_) @name) @function
(abstract_method_signature name: (_) @name) @function
(class_body (public_field_definition name: (_) @name) @constant)
"""
)
_C = """
(function_definition declarator: (_) @name) @function
(struct_specifier name: (_) @name body: (_)) @class
(union_specifier name: (_) @name body: (_)) @class
(enum_specifier name: (_) @name body: (_)) @class
(type_definition declarator: (type_identifier) @name) @class
(translation_unit (declaration declarator: (init_declarator declarator: (_) @name)) @constant)
"""

DEFINITION_QUERIES: Mapping[str, str] = MappingProxyType(
    {
        "python": """
(function_definition name: (_) @name) @function
(class_definition name: (_) @name) @class
(module (expression_statement (assignment left: (identifier) @name) @constant))
(class_definition body: (block
  (expression_statement (assignment left: (identifier) @name) @constant)))
""",
        "javascript": _JAVASCRIPT
        + "(class_body (field_definition property: (_) @name) @constant)\n",
        "typescript": _TYPESCRIPT,
        "tsx": _TYPESCRIPT,
        "go": """
(function_declaration name: (_) @name) @function
(method_declaration receiver: (parameter_list (parameter_declaration type: (_) @owner))
  name: (_) @name) @function
(type_declaration (type_spec name: (_) @name) @class)
(type_alias name: (_) @name) @class
(source_file (const_declaration (const_spec name: (_) @name) @constant))
(source_file (var_declaration (var_spec name: (_) @name) @constant))
(source_file (var_declaration (var_spec_list (var_spec name: (_) @name) @constant)))
""",
        "rust": """
(function_item name: (_) @name) @function
(function_signature_item name: (_) @name) @function
(struct_item name: (_) @name) @class
(enum_item name: (_) @name) @class
(union_item name: (_) @name) @class
(trait_item name: (_) @name) @class
(type_item name: (_) @name) @class
(impl_item trait: (_)? @trait type: (_) @name) @impl
(mod_item name: (_) @name body: (_)) @module
(macro_definition name: (_) @name) @function
(const_item name: (_) @name) @constant
(static_item name: (_) @name) @constant
""",
        "java": """
(class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(annotation_type_declaration name: (_) @name) @class
(method_declaration name: (_) @name) @function
(constructor_declaration name: (_) @name) @function
(compact_constructor_declaration name: (_) @name) @function
(field_declaration declarator: (variable_declarator name: (_) @name)) @constant
""",
        "c": _C,
        "cpp": _C
        + """
(class_specifier name: (_) @name body: (_)) @class
(namespace_definition name: (_) @name) @module
(alias_declaration name: (_) @name) @class
""",
        "csharp": """
(class_declaration name: (_) @name) @class
(struct_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(delegate_declaration name: (_) @name) @class
(namespace_declaration name: (_) @name) @module
(method_declaration name: (_) @name) @function
(constructor_declaration name: (_) @name) @function
(local_function_statement name: (_) @name) @function
(property_declaration name: (_) @name) @constant
(field_declaration (variable_declaration (variable_declarator name: (_) @name))) @constant
""",
        "ruby": """
(class name: (_) @name) @class
(module name: (_) @name) @module
(method name: (_) @name) @function
(singleton_method object: (_) @owner name: (_) @name) @function
(assignment left: (constant) @name) @constant
""",
        "php": """
(class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @class
(trait_declaration name: (_) @name) @class
(enum_declaration name: (_) @name) @class
(function_definition name: (_) @name) @function
(method_declaration name: (_) @name) @function
(const_declaration (const_element . (name) @name)) @constant
(property_declaration (property_element name: (_) @name)) @constant
""",
        "kotlin": """
(class_declaration name: (_) @name) @class
(object_declaration name: (_) @name) @class
(function_declaration name: (_) @name) @function
(source_file (property_declaration (variable_declaration . (identifier) @name)) @constant)
(class_body (property_declaration (variable_declaration . (identifier) @name)) @constant)
""",
        "swift": """
(class_declaration name: (_) @name) @class
(protocol_declaration name: (_) @name) @class
(typealias_declaration name: (type_identifier) @name) @class
(function_declaration name: (simple_identifier) @name) @function
(protocol_function_declaration name: (simple_identifier) @name) @function
(init_declaration "init" @name) @function
(source_file (property_declaration name: (pattern) @name) @constant)
(class_body (property_declaration name: (pattern) @name) @constant)
(enum_class_body (property_declaration name: (pattern) @name) @constant)
""",
        "lua": """
(function_declaration name: (_) @name) @function
(assignment_statement (variable_list . name: (_) @name)
  (expression_list . value: (function_definition))) @function
(chunk (variable_declaration (assignment_statement (variable_list . name: (identifier) @name))
  @constant))
(field name: (identifier) @name value: (function_definition)) @function
""",
        "bash": """
(function_definition name: (_) @name) @function
(program (variable_assignment name: (variable_name) @name) @constant)
(program (declaration_command (variable_assignment name: (variable_name) @name) @constant))
""",
        "markdown": """
(section . (atx_heading heading_content: (_) @name)) @section
(section . (setext_heading heading_content: (_) @name)) @section
""",
        "toml": """
(table . [(bare_key) (quoted_key) (dotted_key)] @name) @section
(document (pair . [(bare_key) (quoted_key) (dotted_key)] @name) @constant)
""",
    }
)
"""Queries by language name; other languages have no definitions of interest."""


def may_define(language: str, kind: str) -> bool:
    """Return whether a language has definitions of a kind, such as `function`."""
    return f"@{kind}" in DEFINITION_QUERIES.get(language, "")
