"""Steps of training of an EfficientNet: forward, cross-entropy, backward, SGD. `first` makes a step, leaves the
gradient of the stem's weight, and gives the loss; `time` gives the seconds of one step.
"""
import time

import torch
import torch.nn.functional as F
from torch import nn

from peer import description, give, layout, serve, take


def conv(entry):
    outputs, inputs, *kernel = entry['weight']['shape']
    groups = entry['groups']
    layer = nn.Conv2d(inputs * groups, outputs, kernel, stride=entry['stride'], padding=entry['padding'],
                      groups=groups, bias='bias' in entry)
    with torch.no_grad():
        layer.weight.copy_(take(entry['weight']))
        if 'bias' in entry:
            layer.bias.copy_(take(entry['bias']))
    return layer


def conv_norm(entry):
    """As torchvision writes it: the activation is made in place."""
    layers = [conv(entry), nn.BatchNorm2d(entry['weight']['shape'][0], eps=entry['eps'], momentum=entry['momentum'])]
    return nn.Sequential(*layers, *([nn.SiLU(inplace=True)] if entry['activation'] == 'silu' else []))


class SqueezeExcitation(nn.Module):
    def __init__(self, reduce, expand):
        super().__init__()
        self.reduce, self.expand = conv(reduce), conv(expand)
        self.pool, self.activation = nn.AdaptiveAvgPool2d(1), nn.SiLU(inplace=True)

    def forward(self, x):
        return torch.sigmoid(self.expand(self.activation(self.reduce(self.pool(x))))) * x


class MBConv(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.layers = nn.Sequential(
            *(conv_norm(entry) for entry in block['widen']),
            SqueezeExcitation(block['reduce'], block['expand']),
            conv_norm(block['project']),
        )
        self.residual = block['residual']

    def forward(self, x):
        return self.layers(x) + x if self.residual else self.layers(x)


def classifier(entry):
    inputs, outputs = entry['weight']['shape']
    layer = nn.Linear(inputs, outputs)
    with torch.no_grad():
        layer.weight.copy_(take(entry['weight']).t())
        layer.bias.copy_(take(entry['bias']))
    return layer


# The order is that of the numbers in the file.
images = take(description['images']).contiguous(memory_format=layout)
labels = torch.tensor(description['labels'])
stem = conv_norm(description['stem'])
model = nn.Sequential(
    stem,
    *(MBConv(block) for block in description['blocks']),
    conv_norm(description['head']),
    nn.AdaptiveAvgPool2d(1),
    nn.Flatten(),
    classifier(description['classifier']),
).to(memory_format=layout)
optimizer = torch.optim.SGD(model.parameters(), lr=description['lr'])


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def first():
    loss = step()
    give(stem[0].weight.grad)
    return loss


def seconds():
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


serve({'first': first, 'time': seconds})
