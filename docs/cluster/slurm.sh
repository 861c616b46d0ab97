#!/bin/bash
# sbatch docs/cluster/slurm.sh: every node of the allocation becomes a node of a Ray cluster, the first one runs the sweep.
#SBATCH --job-name=wn-sweep
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=04:00:00
# asked to stop 2 minutes before the time is over; submit it again, and it goes on
#SBATCH --signal=TERM@120
set -euo pipefail

SPACE=${SPACE:-quick}
HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
ADDRESS=$HEAD:${RAY_PORT:-6379}
# one token for all nodes of this job
RAY_AUTH_TOKEN=$(head -c 32 /dev/urandom | base64 | tr -d '/+=\n')
export RAY_AUTH_TOKEN RAY_AUTH_MODE=token

# results/ and reports/ are written by the first node: submit from a folder that it shares
srun ray symmetric-run --address "$ADDRESS" --min-nodes "$SLURM_JOB_NUM_NODES" -- \
    wn-sweep run "$SPACE" --address "$ADDRESS"
