/** Until a B0, freshly initialised and fused, has given its first logits. */
import process from 'node:process';
import { zeros } from '@vitrine/tensor';
import { EfficientNet, fuse } from '@vitrine/efficientnet';

process.stdout.write(String(fuse(EfficientNet.fromName('b0').eval()).call(zeros([1, 224, 224, 3])).size));
