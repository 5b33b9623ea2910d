#!/bin/sh
# Runs the packed bench. It needs Node 20, the Vulkan loader (libvulkan.so.1) and a driver of the GPU.
# Options as of `npm run bench:node`; without any: N, T and ViT-Ti/16 at 224 px, figures to bench.json.
cd "$(dirname "$0")" || exit 1
if ! ldconfig -p 2>/dev/null | grep -q libvulkan.so.1; then
  echo "No libvulkan.so.1 is known to ldconfig; if no adapter is found, install the package libvulkan1." >&2
fi
[ $# -eq 0 ] && set -- --config N,T,V --json bench.json
exec node main.mjs "$@"
