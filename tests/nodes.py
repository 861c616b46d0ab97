"""Ray nodes on one machine, in a process of their own that is told 'add', 'kill' or 'kill head' by stdin."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import processes

#: A cluster that listens at the loopback address only, and asks for a token.
SETTINGS = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "a-token-for-tests-" + "0" * 32,
    # a minute otherwise, in which a head that is lost may come back
    "RAY_gcs_rpc_server_reconnect_timeout_s": "5",
}


@contextlib.contextmanager
def nodes(count):
    """A cluster of nodes with one core each, as (address, function that takes 'kill', 'kill head' or 'add')."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | SETTINGS,
        start_new_session=True,
    )

    def tell(what):
        print(what, file=process.stdin, flush=True)
        return process.stdout.readline().strip()

    try:
        yield process.stdout.readline().strip(), tell
    finally:
        below = processes.descendants(process.pid)
        process.communicate(timeout=60)
        processes.end(below)


def main():
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    for _ in range(int(sys.argv[1])):
        cluster.add_node(num_cpus=1)
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line.strip() == "add":
            cluster.add_node(num_cpus=1)
        else:
            lost = cluster.head_node if line.strip() == "kill head" else next(iter(cluster.worker_nodes))
            cluster.remove_node(lost, allow_graceful=False)
        print("done", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
