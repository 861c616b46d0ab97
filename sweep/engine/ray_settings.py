"""Environment variables for Ray and Tune."""

import os
from pathlib import Path

# Ray and Tune read these on import; values that the user has set take precedence
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    # Tune's own record of the experiment is never read back: the ledger is the truth
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    # workers that Ray starts in advance lack our settings, and would be ended again
    "RAY_prestart_worker_first_driver": "0",
    "RAY_enable_worker_prestart": "0",
    # without it cuBLAS adds up in another order each time
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    # a step frees what the next one asks for: memory that is kept, in large pages, takes a tenth off a run
    "GLIBC_TUNABLES": (
        "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1073741824:"
        "glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=16777216"
    ),
}
# on one machine nothing has to listen beyond it: with this, every process of Ray's binds to the loopback address
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
# where Python imports slowly, from a network disk or on a busy machine, Ray's own limits end it for no reason
_PATIENCE = {
    "RAY_worker_register_timeout_seconds": "300",
    "RAY_agent_register_timeout_ms": "300000",
    "RAY_gcs_server_port_wait_time_s": "300",
    "RAY_raylet_start_wait_time_s": "300",
}


def settings(address: str | None) -> dict[str, str]:
    """The variables for a Ray of our own, or for one that joins the cluster at an address."""
    if not address:
        return SETTINGS | _LOOPBACK | _PATIENCE
    # whoever joins a cluster must say that it asks for a token: only a head looks for one by itself
    token = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys() or (Path.home() / ".ray/auth_token").exists()
    return SETTINGS | ({"RAY_AUTH_MODE": "token"} if token else {})
