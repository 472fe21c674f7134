"""Where secrets usually are, relative to the user's home folder."""

from collections.abc import Mapping

SECRETS = (
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".netrc",
    ".git-credentials",
    ".password-store",
    ".pypirc",
    ".npmrc",
    ".terraform.d",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".config/containers/auth.json",
    ".config/gcloud",
    ".config/gh",
    ".config/git/credentials",
    ".config/hub",
    ".config/chromium",
    ".config/google-chrome",
    ".mozilla",
    ".local/share/keyrings",
    "Library/Keychains",
)

AGENT_FOLDERS: Mapping[str, tuple[str, ...]] = {
    "aider": (".aider", ".aider.conf.yml"),
    "auggie": (".augment",),
    "claude": (".claude", ".claude.json", ".config/claude"),
    "cline": (".cline",),
    "codex": (".codex",),
    "copilot": (".copilot", ".config/github-copilot"),
    "droid": (".factory",),
    "gemini": (".gemini",),
    "kilo": (".config/kilo", ".local/share/kilo", ".local/state/kilo", ".cache/kilo"),
    "kimi": (".kimi", ".kimi-code"),
    "opencode": (
        ".config/opencode",
        ".local/share/opencode",
        ".local/state/opencode",
        ".cache/opencode",
    ),
    "pi": (".pi",),
    "qoder": (".qoder",),
    "qwen": (".qwen",),
    "vibe": (".vibe",),
}
"""The settings, logins and sessions of agents: each can change its own and not read the others."""

AGENT_VARIABLES: Mapping[str, tuple[str, str]] = {
    "claude": ("CLAUDE_CONFIG_DIR", ""),
    "codex": ("CODEX_HOME", ""),
    "droid": ("FACTORY_HOME_OVERRIDE", ".factory"),
    "kimi": ("KIMI_CODE_HOME", ""),
    "qwen": ("QWEN_HOME", ""),
    "vibe": ("VIBE_HOME", ""),
}
"""The environment variable that moves an agent's folder, and the folder below its value."""
