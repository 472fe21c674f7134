"""Builds the VS Code extension, `dist/podium-VERSION.vsix`, reproducibly.

    python scripts/build_vsix.py

Type-checks the sources, bundles them into one file, builds the package twice and compares the
results. Files are stored uncompressed, in order, with a fixed timestamp, so that the result depends
on neither the clock nor a compressor. The extension contains the wheel of the same version, so that
it can install the program.
"""

import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "editors" / "vscode"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
TYPES = {
    ".json": "application/json",
    ".js": "application/javascript",
    ".md": "text/markdown",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".vsixmanifest": "text/xml",
    ".whl": "application/zip",
}
_QUIET = ("--no-audit", "--no-fund", "--loglevel=error")
_NODE_OLDEST = 20

Files = dict[str, bytes]


def main() -> int:
    """Build the package and return 0, or print the problem and return 1."""
    if trouble := _missing():
        sys.stderr.write(f"{trouble}\n")
        return 1
    try:
        return _build()
    except subprocess.CalledProcessError as error:
        # The tool that failed has already printed the details.
        sys.stderr.write(f"The extension is not built: {' '.join(map(str, error.cmd))} failed.\n")
        return 1


def _build() -> int:
    """Build twice, and keep the package if both results are identical."""
    _install()
    _run("npm", "run", "--silent", "check")
    manifest = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    first, second = (packed(manifest, _collected()) for _ in range(2))
    if first != second:
        sys.stderr.write("The two builds differ, so the extension was discarded.\n")
        return 1
    target = ROOT / "dist" / f"{manifest['name']}-{manifest['version']}.vsix"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(first)
    sys.stdout.write(f"{target.relative_to(ROOT)}: {len(first) / 1e6:.1f} MB, identical twice\n")
    return 0


def packed(manifest: Mapping[str, Any], files: Files) -> bytes:
    """Return an extension as a package for VS Code.

    Args:
        manifest: the content of `package.json`.
        files: the files in it, by path.
    """
    rows = {f"extension/{name}": content for name, content in files.items()}
    rows["[Content_Types].xml"] = _content_types(files).encode()
    rows["extension.vsixmanifest"] = _vsix_manifest(manifest).encode()
    return zipped(rows)


def zipped(rows: Mapping[str, bytes]) -> bytes:
    """Return an archive that depends only on its content."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(rows):
            info = zipfile.ZipInfo(name, LONG_AGO)
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, rows[name])
    return made.getvalue()


def _missing() -> str:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return "Node.js and npm are missing. Debian, Ubuntu: sudo apt install nodejs npm"
    installed = subprocess.run(
        [node, "--version"], capture_output=True, text=True, check=True
    ).stdout
    if int(installed.strip().lstrip("v").partition(".")[0]) < _NODE_OLDEST:
        return f"Node.js {_NODE_OLDEST} or newer is needed; {node} is {installed.strip()}."
    return ""


def _install() -> None:
    """Install the tools at their locked versions, unless they are installed."""
    lock = SOURCE / "package-lock.json"
    mark = SOURCE / "node_modules" / ".installed"
    if mark.is_file() and mark.read_bytes() == lock.read_bytes():
        return
    _run("npm", "ci", "--ignore-scripts", *_QUIET)
    mark.write_bytes(lock.read_bytes())


def _collected() -> Files:
    files = {"LICENSE.txt": (ROOT / "LICENSE").read_bytes()}
    for name in ("package.json", "README.md"):
        files[name] = (SOURCE / name).read_bytes()
    for path in sorted((SOURCE / "media").iterdir()):
        files[f"media/{path.name}"] = path.read_bytes()
    with tempfile.TemporaryDirectory() as work:
        files |= _bundle(Path(work))
        files |= _wheel(Path(work))
    return files


def _bundle(work: Path) -> Files:
    """Return the bundled sources, and the licences of the libraries in them."""
    output, metafile = work / "extension.js", work / "bundle.json"
    _run("npm", "run", "--silent", "bundle", "--", f"--outfile={output}", f"--metafile={metafile}")
    inputs = json.loads(metafile.read_text(encoding="utf-8"))["inputs"]
    return {"dist/extension.js": output.read_bytes(), "NOTICES.txt": _notices(inputs).encode()}


def _notices(inputs: Iterable[str]) -> str:
    found = (re.match(r"node_modules/((?:@[^/]+/)?[^/]+)/", name) for name in inputs)
    texts = ["Podium for VS Code contains these libraries.\n"]
    for name in sorted({match[1] for match in found if match}):
        folder = SOURCE / "node_modules" / name
        version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
        licences = sorted(p for p in folder.iterdir() if p.name.lower().startswith("licen"))
        texts += [f"{'-' * 72}\n{name} {version}\n"]
        texts += [path.read_text(encoding="utf-8").replace("\r\n", "\n") for path in licences]
    return "\n".join(texts)


def _wheel(work: Path) -> Files:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = work.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        rows = {each.filename: archive.read(each) for each in archive.infolist()}
    return {f"wheel/{path.name}": zipped(rows)}


def _run(*words: str) -> None:
    subprocess.run(words, cwd=SOURCE, check=True)


# -- metadata for VS Code


def _content_types(files: Iterable[str]) -> str:
    suffixes = sorted({Path(name).suffix for name in files} | {".vsixmanifest"})
    rows = "".join(
        f'<Default Extension="{each}" ContentType="{TYPES[each]}"/>' for each in suffixes
    )
    space = "http://schemas.openxmlformats.org/package/2006/content-types"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<Types xmlns="{space}">{rows}</Types>\n'


def _vsix_manifest(manifest: Mapping[str, Any]) -> str:
    def attribute(name: str) -> str:
        return quoteattr(str(manifest[name]))

    code = "Microsoft.VisualStudio"
    properties = {
        f"{code}.Code.Engine": manifest["engines"]["vscode"],
        f"{code}.Code.ExtensionDependencies": "",
        f"{code}.Code.ExtensionPack": "",
        f"{code}.Code.ExtensionKind": ",".join(manifest["extensionKind"]),
        f"{code}.Services.Branding.Color": manifest["galleryBanner"]["color"],
        f"{code}.Services.Branding.Theme": manifest["galleryBanner"]["theme"],
    }
    assets = {
        f"{code}.Code.Manifest": "extension/package.json",
        f"{code}.Services.Content.Details": "extension/README.md",
        f"{code}.Services.Content.License": "extension/LICENSE.txt",
        f"{code}.Services.Icons.Default": f"extension/{manifest['icon']}",
    }
    schema = "http://schemas.microsoft.com/developer/vsx-schema"
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<PackageManifest Version="2.0.0" xmlns="{schema}/2011">',
            "<Metadata>",
            f'<Identity Language="en-US" Id={attribute("name")} Version={attribute("version")}'
            f" Publisher={attribute('publisher')}/>",
            f"<DisplayName>{escape(manifest['displayName'])}</DisplayName>",
            f'<Description xml:space="preserve">{escape(manifest["description"])}</Description>',
            f"<Tags>{escape(','.join(manifest['keywords']))}</Tags>",
            f"<Categories>{escape(','.join(manifest['categories']))}</Categories>",
            "<GalleryFlags>Public</GalleryFlags>",
            "<License>extension/LICENSE.txt</License>",
            f"<Icon>extension/{escape(manifest['icon'])}</Icon>",
            "<Properties>",
            *(f"<Property Id={quoteattr(k)} Value={quoteattr(v)}/>" for k, v in properties.items()),
            "</Properties>",
            "</Metadata>",
            f'<Installation><InstallationTarget Id="{code}.Code"/></Installation>',
            "<Dependencies/>",
            "<Assets>",
            *(
                f'<Asset Type={quoteattr(k)} Path={quoteattr(v)} Addressable="true"/>'
                for k, v in assets.items()
            ),
            "</Assets>",
            "</PackageManifest>\n",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
