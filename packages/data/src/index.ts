export { compose, type Augment } from './augment/augment.js';
export {
  crop, flipLeftRight, padAndCrop, randomApply, randomCrop, randomFlip, type Box, type FillOptions,
} from './augment/basic.js';
export { adjustBrightness, adjustContrast, adjustSaturation, adjustSharpness } from './augment/adjust.js';
export {
  affine, type AffineMatrix, type AffineOptions, type AffineParameters, inverseAffineMatrix, rotate,
} from './augment/affine.js';
export { autoAugment, type AutoAugmentPolicy } from './augment/auto-augment.js';
export { colourJitter, type ColourJitterOptions } from './augment/colour-jitter.js';
export { randomErasing, type RandomErasingOptions } from './augment/erasing.js';
export {
  randomAffine, type RandomAffineOptions, randomResizedCrop, type RandomResizedCropOptions,
} from './augment/geometry.js';
export { adjustHue } from './augment/hue.js';
export { cutMix, type Mix, type MixBatch, mixOneOf, type MixOptions, mixup } from './augment/mix.js';
export { randAugment, type RandAugmentOptions } from './augment/rand-augment.js';
export { autocontrast, equalize, invert, posterize, solarize } from './augment/tables.js';
export { type Cifar100Options, loadCifar10, loadCifar100 } from './datasets/cifar.js';
export { CIFAR100_CLASSES, CIFAR100_COARSE_CLASSES, CIFAR10_CLASSES } from './datasets/cifar-classes.js';
export {
  fromArrays, type FromArraysOptions, imageAt, type ImageDataset, subset, validateDataset,
} from './datasets/dataset.js';
export {
  FASHION_MNIST_CLASSES, FASHION_MNIST_COLOURS, FASHION_MNIST_FILES, loadFashionMnist,
} from './datasets/fashion-mnist.js';
export {
  type ImageFolder, type ImageFolders, loadImageFolder, type LoadImageFolderOptions,
} from './datasets/folder/image-folder.js';
export type { ReadImageOptions } from './datasets/folder/read-image.js';
export { encodeIdx, gunzip, type IdxArray, parseIdx } from './datasets/idx.js';
export { balancedIndices, countLabels, type LabelledImages, type Labels } from './datasets/labels.js';
export { loadMnist } from './datasets/mnist.js';
export type { ImageSource } from './datasets/source.js';
export { decodeImage, loadImage, toRgb } from './image/decode.js';
export { toGrey } from './image/grey.js';
export { decodeJpeg } from './image/jpeg/decode.js';
export { type DecodeOptions, MAX_PIXELS } from './image/limits.js';
export { decodePng } from './image/png/decode.js';
export { encodePng } from './image/png.js';
export {
  centerCrop, HALF, IMAGENET, type Normalization, preprocess, type PreprocessOptions, shorterSideTo,
} from './image/preprocess.js';
export type { RasterImage } from './image/raster.js';
export { resizeImage, type ResizeImageOptions } from './image/resize.js';
export { drawImage } from './image/terminal.js';
export { type Batch, DataLoader, type DataLoaderOptions } from './loader.js';
