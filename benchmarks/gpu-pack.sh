#!/usr/bin/env bash
# Packs what wn-sweep needs beside PyTorch, for a GPU machine without a network: benchmarks/gpu-pack.sh [python version]
# Run in the project's root; makes .gpu-kit/ (about 100 MB, most of it Ray). Take the project and .gpu-kit/ along; there:
#     . .gpu-kit/use.sh && python3 -m benchmarks.gpu
# The machine's own PyTorch, numpy and scipy are used, whatever their versions: they are part of what runs are keyed on.
set -euo pipefail
version=${1:-3.12}
kit=.gpu-kit
python=${PYTHON:-.venv/bin/python}
rm -rf "$kit" && mkdir -p "$kit/wheels"

# all that the constraints pin, but what such a machine has and what tests and development need
own='torch|numpy|scipy|sympy|mpmath|networkx|triton|nvidia-.*|cuda-.*|filelock|setuptools|wheel|pip'
dev='pytest.*|hypothesis|mypy.*|ruff|playwright.*|axe-.*|import-linter|grimp|hatchling|.*-stubs|coverage|execnet|datasets|sortedcontainers'
grep -E '^[A-Za-z0-9]' constraints.txt | grep -viE "^($own|$dev)==" >"$kit/pins.txt"

platforms=(--platform manylinux2014_x86_64)
for glibc in 17 24 27 28 31 34; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done
fetch=("$python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$kit/wheels")
while read -r pin; do
  "${fetch[@]}" --only-binary=:all: --python-version "$version" --implementation cp "${platforms[@]}" "$pin" 2>/dev/null ||
    "$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$kit/wheels" "$pin" ||
    echo "not packed: $pin" >&2
done <"$kit/pins.txt"
# the metadata of wn-sweep itself, which says its version
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$kit/wheels" .

cat >"$kit/use.sh" <<'USE'
# Sourced in the project's root on the GPU machine: unpacks the wheels once, and lets Python find them.
if [ ! -d .gpu-kit/site ]; then
  mkdir -p .gpu-kit/site
  for wheel in .gpu-kit/wheels/*.whl; do python3 -m zipfile -e "$wheel" .gpu-kit/site; done
  # zipfile forgets that Ray's programs may be executed
  find .gpu-kit/site/ray/core/src/ray -type f -exec chmod +x {} + 2>/dev/null || true
fi
export PYTHONPATH="$PWD:$PWD/.gpu-kit/site" PYTHONUNBUFFERED=1
USE
du -sh "$kit"
