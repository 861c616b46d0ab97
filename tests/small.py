"""A space that trains in seconds."""

SMALL = """\
name: small
about: A space for tests.
network:
  backbone: shufflenet_v2
  width: 0.125
  image_size: 8
  stem_channels: 4
  last_channels: 16
  repeats: [1, 1]
grid:
  - family: static
  - family: weightnet
    M: [1, 2]
    G: 1
proxy:
  dataset: {name: digits, train: 200, validation: 100}
  epochs: 8
  batch_size: 40
  optimizer: {name: adamw, lr: 0.02}
nuisance:
  optimizer.lr: [0.01, 0.04]
seeds: 2
baseline: {family: static}
"""

#: The same points, with enough runs to be disturbed in the middle.
LONGER = SMALL.replace("seeds: 2", "seeds: 8").replace("epochs: 8", "epochs: 12")
