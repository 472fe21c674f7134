#!/usr/bin/env bash
# Puts a Neovim of a newer Debian into .cache/neovim, the system untouched; says nothing when it is
# there already. The packages come from wherever this machine gets its own. Its own loader runs it
# with its own libraries, so that what Neovim starts keeps those of the system.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

suite=${1:-forky}
prefix=$PWD/.cache/neovim
[ -x "$prefix/bin/nvim" ] && exit 0
for tool in apt-get dpkg-deb; do
    command -v "$tool" >/dev/null || { echo "Neovim is not installed: there is no $tool." >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' \
    /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null | head -n 1 || true)
[ -n "$mirror" ] || { echo "Neovim is not installed: apt has no Debian source." >&2; exit 1; }
key=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$key] $mirror $suite main" >"$work/sources.list"
# With nothing installed, apt names everything that Neovim needs, down to the C library.
: >"$work/status"
apt=(apt-get -qq
    -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status"
    -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20
    -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root -o Debug::NoLocking=1)
"${apt[@]}" update
mapfile -t packages < <("${apt[@]}" -s install --no-install-recommends neovim |
    sed -n 's/^Inst \([^ ]*\) .*/\1/p')
(cd "$work" && "${apt[@]}" download "${packages[@]}")
for package in "$work"/*.deb; do
    dpkg-deb -x "$package" "$work/root"
done

mkdir -p "$work/root/bin"
cat >"$work/root/bin/nvim" <<'START'
#!/bin/sh
top=$(cd "$(dirname "$0")/.." && pwd)
export VIMRUNTIME="$top/usr/share/nvim/runtime"
loader=$(ls "$top"/lib*/ld-linux-*.so.* "$top"/usr/lib*/ld-linux-*.so.* \
    "$top"/usr/lib/*-linux-gnu/ld-linux-*.so.* 2>/dev/null | head -n 1)
libraries=$(ls -d "$top"/usr/lib/*-linux-gnu "$top"/lib/*-linux-gnu 2>/dev/null | paste -sd:)
exec "$loader" --library-path "$libraries" "$top/usr/bin/nvim" "$@"
START
chmod +x "$work/root/bin/nvim"
"$work/root/bin/nvim" --version >/dev/null
rm -rf "$prefix"
mkdir -p "$(dirname "$prefix")"
mv "$work/root" "$prefix"
