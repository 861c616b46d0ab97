#!/usr/bin/env bash
# Packs what wn-sweep needs beside PyTorch, for a GPU machine without a network: benchmarks/gpu-pack.sh [python version]
# Run in the project's root; makes .gpu-kit/. Take the project and .gpu-kit/ along; there:
#     . .gpu-kit/use.sh && python3 -m benchmarks.gpu
# The machine's own PyTorch, numpy and scipy are used, whatever their versions: they are part of what runs are keyed on.
# HAS='matplotlib|pyarrow|scikit-learn' leaves out what it has as well, which takes half of the size off.
set -euo pipefail
version=${1:-3.12}
kit=.gpu-kit
python=${PYTHON:-.venv/bin/python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$kit" && mkdir -p "$kit" "$work/site"

# all that the constraints pin, but what comes with PyTorch and what tests and development need
own="torch|numpy|scipy|sympy|mpmath|networkx|triton|nvidia-.*|cuda-.*|filelock|setuptools|wheel|pip${HAS:+|$HAS}"
dev='pytest.*|hypothesis|mypy.*|ruff|playwright.*|axe-.*|import-linter|grimp|hatchling|.*-stubs|coverage|execnet|datasets|sortedcontainers'
platforms=(--platform manylinux2014_x86_64)
for glibc in 17 24 27 28 31 34; do platforms+=(--platform "manylinux_2_${glibc}_x86_64"); done
quiet=(--quiet --disable-pip-version-check --no-deps)
while read -r pin; do
  "$python" -m pip download "${quiet[@]}" --dest "$work/wheels" --only-binary=:all: --python-version "$version" \
    --implementation cp "${platforms[@]}" "$pin" 2>/dev/null ||
    "$python" -m pip wheel "${quiet[@]}" --wheel-dir "$work/wheels" "$pin" 2>/dev/null ||
    echo "not packed: $pin" >&2
done < <(grep -E '^[A-Za-z0-9]' constraints.txt | grep -viE "^($own|$dev)==")
# the metadata of wn-sweep itself, which says its version
"$python" -m pip wheel "${quiet[@]}" --wheel-dir "$work/wheels" . 2>/dev/null

for wheel in "$work"/wheels/*.whl; do "$python" -m zipfile -e "$wheel" "$work/site"; done
# no sweep needs these
rm -rf "$work"/site/ray/{jars,rllib,llm} "$work"/site/ray/dashboard/client "$work"/site/pandas/tests
# zipfile forgets that programs may be executed
find "$work/site/ray/core/src/ray" -type f -exec chmod +x {} +
tar -C "$work" -c site | xz -T0 -6 >"$kit/site.tar.xz"

cat >"$kit/use.sh" <<'USE'
# Sourced in the project's root on the GPU machine: unpacks the packages once, and lets Python find them.
[ -d .gpu-kit/site ] || tar -C .gpu-kit -xJf .gpu-kit/site.tar.xz
export PYTHONPATH="$PWD:$PWD/.gpu-kit/site" PYTHONUNBUFFERED=1
USE
du -sh "$kit/site.tar.xz"
