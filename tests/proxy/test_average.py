"""The moving average of weights against a loop."""

import torch
from torch import nn

from sweep.proxy.average import Average


def test_it_is_the_average_of_all_that_answers_depend_on():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    average, truth = Average(network, 0.7), {name: t.clone().double() for name, t in network.state_dict().items()}
    for step in range(1, 12):
        network(torch.randn(5, 3))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter))
        average.step()
        keep = min(0.7, (1 + step) / (10 + step))
        for name, tensor in network.state_dict().items():
            truth[name] = keep * truth[name] + (1 - keep) * tensor.double()
        if step == 6:  # through a file
            state = {"mean": [t.clone() for t in average.state_dict()["mean"]], "steps": 6}
            average = Average(network, 0.7)
            average.load_state_dict(state)
    average.take_over()
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor.double(), truth[name], rtol=1e-5, atol=1e-5)
    assert int(network[1].num_batches_tracked) == 11
