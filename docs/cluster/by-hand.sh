#!/bin/bash
# A few machines by hand. On the first:        docs/cluster/by-hand.sh head 10.0.0.1
# On each of the others:                       docs/cluster/by-hand.sh join 10.0.0.1
# Then, on the first or any other:             wn-sweep run space.yaml --address 10.0.0.1:6379
# When all is done, on each machine:           ray stop
# All need the same ~/.ray/auth_token: `ray get-auth-token --generate` writes one, then copy it.
set -euo pipefail

# a node that joins sends its token only if told to
export RAY_AUTH_MODE=token
what=${1:?head or join}
head=${2:?the address of the first machine}
port=${RAY_PORT:-6379}
if [ ! -s ~/.ray/auth_token ] && [ -z "${RAY_AUTH_TOKEN:-}" ]; then
    echo "no token: 'ray get-auth-token --generate' on the first machine, then copy ~/.ray/auth_token to the others" >&2
    exit 1
fi
case $what in
    head) ray start --head --node-ip-address="$head" --port="$port" --include-dashboard=false --disable-usage-stats ;;
    join) ray start --address="$head:$port" --disable-usage-stats ;;
    *) echo "head or join, not $what" >&2; exit 1 ;;
esac
