"""Runs a network of folded layers. `logits` leaves the logits; `time` gives the seconds of one run, from an array of
images to an array of logits.
"""
import time

import torch
import torch.nn.functional as F

from peer import description, give, layout, serve, take

torch.set_grad_enabled(False)


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


images = take(description['images']).contiguous(memory_format=layout)
steps = []
for layer in description['layers']:
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
    values = {description['input']: images}
    for index, (compute, names, made) in enumerate(steps):
        values[made] = compute(*(values[name] for name in names))
        for name in names:
            if last[name] == index:
                values.pop(name, None)
    return values[description['output']].numpy()


def seconds():
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


serve({'logits': lambda: give(torch.from_numpy(run())), 'time': seconds})
