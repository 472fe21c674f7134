"""By what the agents of the profiles are recognised, as the file that ships with the engine.

The engine knows no adapter, and reading the profiles would slow every command down.
"""

import json

from podium_adapters.acp.profile import Profile, load_profile, profile_names


def text() -> str:
    """Return the file's content, made from the profiles."""
    profiles = [load_profile(name) for name in profile_names()]
    rows = {each.name: _row(each) for each in profiles if each.command}
    return json.dumps(rows, indent=2) + "\n"


def _row(profile: Profile) -> dict[str, list[str]]:
    return {
        "programs": list(dict.fromkeys((*profile.programs, profile.command[0]))),
        "variables": list(profile.sets_variables),
        "packages": list(profile.packages),
    }
