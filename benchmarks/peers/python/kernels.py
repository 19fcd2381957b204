"""Single operations. `output NAME` leaves the result; `time NAME` gives the seconds of one run."""
import time

import torch
import torch.nn.functional as F

from peer import description, give, layout, serve, take

torch.set_grad_enabled(False)
# A sample repeats the operation until it takes this long.
SAMPLE_SECONDS = description['sampleSeconds']


def operand(x):
    """[N,H,W,C] or [kH,kW,C,O] as it arrives; PyTorch names axes in another order, whatever the layout."""
    axes = {'image': (0, 3, 1, 2), 'weight': (3, 2, 0, 1)}.get(x['kind'])
    tensor = take(x)
    return tensor if axes is None else tensor.permute(axes).contiguous(memory_format=layout)


operations = {
    'matmul': torch.matmul,
    'silu': F.silu,
    'sum': torch.sum,
    'batchNorm': lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, training=True, eps=description['eps']),
    'depthwise': lambda x, weight: F.conv2d(x, weight, padding=1, groups=x.shape[1]),
}
operands = {kernel['name']: [operand(x) for x in kernel['inputs']] for kernel in description['kernels']}


def run(name):
    return operations[name](*operands[name])


def output(name):
    result = run(name)
    give(result.permute(0, 2, 3, 1) if result.dim() == 4 else result)


def seconds(name):
    runs = 0
    started = time.perf_counter()
    while True:
        run(name)
        runs += 1
        passed = time.perf_counter() - started
        if passed >= SAMPLE_SECONDS:
            return passed / runs


serve({'output': output, 'time': seconds})
