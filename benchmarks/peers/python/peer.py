"""What the measured processes have in common: a folder that python.ts has filled, and answers to its questions."""
import json
import sys

import numpy as np
import torch

folder = sys.argv[1]
with open(f'{folder}/description.json') as file:
    description = json.load(file)
torch.set_num_threads(description['threads'])
layout = torch.channels_last if description['layout'] == 'channels_last' else torch.contiguous_format

_numbers = np.fromfile(f'{folder}/numbers.f32', dtype='<f4')
_at = 0


def take(entry):
    """The next numbers of the file, in the shape that the entry says."""
    global _at
    size = int(np.prod(entry['shape']))
    part = _numbers[_at:_at + size].reshape(entry['shape'])
    _at += size
    return torch.from_numpy(part.copy())


def give(tensor):
    """Leaves the elements, in the order of the axes, where the asking process reads them."""
    tensor.detach().contiguous().numpy().astype('<f4').tofile(f'{folder}/result.f32')


def serve(answers):
    """A question a line on standard input: a name and perhaps an argument. An answer a line on standard output."""
    for line in sys.stdin:
        name, *arguments = line.split()
        print(answers[name](*arguments), flush=True)
