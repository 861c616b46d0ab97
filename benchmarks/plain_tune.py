"""What quick was until November 2026 by Ray Tune alone: a function trainable, a DataLoader, the folded form.

It does the same points, recipe, seeds and images as `wn-sweep run benchmarks/quick_november.yaml`, and prints the runs
as JSON. Each trial builds its network, counts it with fvcore, and trains it; there is no ledger, no report and no way
to go on.
"""

import json
import logging
import os
import sys
import tempfile
import time


def trial(config):
    """Train one point with one seed, and report its error."""
    import torch
    import torch.nn.functional as F
    from fvcore.nn import FlopCountAnalysis
    from ray import tune
    from torch.utils.data import DataLoader, Dataset

    from sweep.networks import drawn, dynamic_conv
    from sweep.proxy.data import load
    from sweep.space import Point, Proxy

    torch.set_num_threads(1)
    dynamic_conv.choose = lambda x, weight, conv: "folded"
    point, proxy, seed = Point(**config["point"]), Proxy(**config["recipe"]), config["seed"]
    data = load(proxy.dataset, point.image_size)
    draw = torch.Generator().manual_seed(seed)

    class Augmented(Dataset):
        def __len__(self):
            return len(data.train)

        def __getitem__(self, i):
            x, d = data.normalised(data.train[i]), proxy.augment.shift
            down, right = torch.randint(0, 2 * d + 1, (2,), generator=draw).tolist()
            padded = F.pad(x, (d, d, d, d))
            return padded[:, down : down + x.shape[1], right : right + x.shape[2]], data.train_labels[i]

    network = drawn(point, 1, 10, seed)
    logging.disable(logging.WARNING)
    FlopCountAnalysis(network.eval(), data.normalised(data.train[:1])).total()
    loader = DataLoader(Augmented(), proxy.batch_size, shuffle=True, generator=torch.Generator().manual_seed(seed))
    groups = [
        {"params": [p for p in network.parameters() if p.ndim > 1], "weight_decay": proxy.optimizer.weight_decay},
        {"params": [p for p in network.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, proxy.optimizer.lr)
    steps = proxy.epochs * len(loader)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, proxy.optimizer.lr, total_steps=steps, cycle_momentum=False
    )
    began = time.perf_counter()
    network.train()
    for _ in range(proxy.epochs):
        for images, labels in loader:
            loss = F.cross_entropy(network(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    network.eval()
    with torch.no_grad():
        wrong = network(data.normalised(data.validation)).argmax(1) != data.validation_labels
    tune.report({"error": 100 * float(wrong.float().mean()), "seconds": time.perf_counter() - began})


def main():
    """Run every trial, two at a time."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AIR_NEW_OUTPUT": "0"}
    import ray
    from ray import tune

    from sweep.costs import plan
    from sweep.engine.runs import wanted
    from sweep.space import Space, canonical

    runs = wanted(plan(Space.load(sys.argv[1]), traced=False))
    configs = [
        {
            "point": json.loads(canonical(run.point.canonical())),
            "recipe": json.loads(canonical(run.proxy)),
            "seed": run.seed,
        }
        for run in runs
    ]
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        # the whole configuration as one value: Tune would search lists and mappings for spaces of its own
        tuner = tune.Tuner(
            tune.with_resources(lambda config: trial(json.loads(config["run"])), {"cpu": 1}),
            param_space={"run": tune.grid_search([json.dumps(config) for config in configs])},
            run_config=tune.RunConfig(storage_path=folder, verbose=0),
        )
        rows = [
            {**json.loads(result.config["run"]), **{name: result.metrics[name] for name in ("error", "seconds")}}
            for result in tuner.fit()
        ]
    rows = [
        {
            "point": canonical(r["point"]),
            "lr": r["recipe"]["optimizer"]["lr"],
            "seed": r["seed"],
            "error": r["error"],
            "seconds": r["seconds"],
        }
        for r in rows
    ]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
