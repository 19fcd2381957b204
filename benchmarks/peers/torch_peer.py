"""Runs a network that torch.ts has written into a folder: `torch_peer.py FOLDER`.

Reads questions from standard input, one a line, and answers each with a line: `logits` writes FOLDER/logits.f32;
`time` gives the seconds of one run, from an array of images to an array of logits.
"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

folder = sys.argv[1]
with open(f'{folder}/network.json') as file:
    network = json.load(file)
torch.set_num_threads(network['threads'])
torch.set_grad_enabled(False)
layout = torch.channels_last if network['layout'] == 'channels_last' else torch.contiguous_format
numbers = np.fromfile(f'{folder}/numbers.f32', dtype='<f4')
at = 0


def take(entry):
    """The next numbers of the file, in the shape that the entry says."""
    global at
    size = int(np.prod(entry['shape']))
    part = numbers[at:at + size].reshape(entry['shape'])
    at += size
    return torch.from_numpy(part.copy())


def conv(layer):
    weight = take(layer['weight']).contiguous(memory_format=layout)
    bias = take(layer['bias'])
    top, left, bottom, right = layer['pads']
    uneven = (top, left) != (bottom, right)
    activate = {'none': lambda y: y, 'silu': F.silu, 'sigmoid': torch.sigmoid}[layer['activation']]

    def run(x):
        if uneven:
            x = F.pad(x, (left, right, top, bottom))
        padding = 0 if uneven else (top, left)
        return activate(F.conv2d(x, weight, bias, stride=layer['stride'], padding=padding, groups=layer['groups']))

    return run


def linear(layer):
    weight, bias = take(layer['weight']), take(layer['bias'])
    return lambda x: torch.addmm(bias, x.flatten(1), weight)


images = take(network['images']).contiguous(memory_format=layout)
steps = []
for layer in network['layers']:
    names = [layer[key] for key in ('input', 'scale', 'other') if key in layer]
    make = {'conv': conv, 'linear': linear, 'mean': lambda _: lambda x: x.mean((2, 3), keepdim=True),
            'scale': lambda _: torch.mul, 'add': lambda _: torch.add}[layer['op']]
    steps.append((make(layer), names, layer['output']))

# The last layer that reads a value lets go of it.
last = {}
for index, (_, names, _) in enumerate(steps):
    for name in names:
        last[name] = index


def run():
    values = {network['input']: images}
    for index, (compute, names, made) in enumerate(steps):
        values[made] = compute(*(values[name] for name in names))
        for name in names:
            if last[name] == index:
                values.pop(name, None)
    return values[network['output']].numpy()


for line in sys.stdin:
    if line.strip() == 'logits':
        run().astype('<f4').tofile(f'{folder}/logits.f32')
        print('done', flush=True)
    else:
        started = time.perf_counter()
        run()
        print(time.perf_counter() - started, flush=True)
