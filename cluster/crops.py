"""The views of a picture and the batches of a run, under the page's settings."""
from itertools import islice
from pathlib import Path, PurePosixPath

import torch
from PIL import Image, ImageFilter, ImageOps
from torch.utils.data import BatchSampler, DataLoader, Subset
from torch.utils.data.distributed import DistributedSampler
from torchvision import transforms
from torchvision.datasets import ImageFolder

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


class Blur:
    def __init__(self, smallest, largest):
        self.between = torch.distributions.Uniform(smallest, largest) if smallest < largest else None
        self.largest = largest

    def __call__(self, image):
        sigma = self.between.sample().item() if self.between else self.largest
        return image.filter(ImageFilter.GaussianBlur(sigma))


class Crops:
    """A picture -> its views, a [3, size, size] each: two global ones, then the local ones (multi-crop)."""

    def __init__(self, config):
        v, a = config["views"], config["augment"]
        large = v["globalSize"], (v["globalScaleMin"], v["globalScaleMax"])
        small = v["localSize"], (v["localScaleMin"], v["localScaleMax"])
        self.views = [
            self.view(config, *large, a["blurGlobal1"], a["solarizeGlobal1"]),
            self.view(config, *large, a["blurGlobal2"], a["solarizeGlobal2"]),
            *[self.view(config, *small, a["blurLocal"], a["solarizeLocal"])] * v["localCount"],
        ]

    @staticmethod
    def view(config, size, scale, blur, solarize):
        a, aspect = config["augment"], config["views"]["aspectMax"]
        jitter = transforms.ColorJitter(a["brightness"], a["contrast"], a["saturation"], a["hue"])
        return transforms.Compose([
            transforms.RandomResizedCrop(
                size, scale, (1 / aspect, aspect), interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.RandomHorizontalFlip(a["flip"]),
            transforms.RandomApply([jitter], a["jitter"]),
            transforms.RandomGrayscale(a["grayscale"]),
            transforms.RandomApply([Blur(a["blurSigmaMin"], a["blurSigmaMax"])], blur),
            transforms.RandomSolarize(a["solarizeThreshold"], solarize),
            transforms.ToTensor(),
            transforms.Normalize(**IMAGENET),
        ])

    def __call__(self, image):
        return [view(image) for view in self.views]


def images_in(folder, config, listed):
    """
    The images in the class folders of a folder: those that the page trained on, `listed` by their paths, where all of
    them are there, and otherwise all.
    """
    images = ImageFolder(folder, Crops(config), loader=upright)
    known = {ending for path in listed for ending in endings(path)}
    found = [i for i, (path, _) in enumerate(images.samples) if Path(path).relative_to(folder).as_posix() in known]
    return Subset(images, found) if listed and len(found) == len(listed) else images


def upright(path):
    """As the camera was held: a browser turns pictures by what the camera noted, PIL only when it is asked."""
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def endings(path):
    """a/b/c.png -> a/b/c.png, b/c.png: the page may have been given a folder above this one."""
    parts = PurePosixPath(path).parts
    return ["/".join(parts[i:]) for i in range(len(parts) - 1)]


class Batches:
    """The indices of this process's share of every batch from a step on: pass after pass, each in an order of its own."""

    def __init__(self, images, batch, seed, step, rank, processes):
        if batch % processes > 0:
            raise SystemExit(f"{processes} processes cannot share a batch of {batch} evenly: choose a divisor of it.")
        self.share, self.step, self.passes = batch // processes, step, len(images) // batch
        if self.passes == 0:
            raise SystemExit(f"A batch of {batch} needs more than these {len(images)} images.")
        self.sampler = DistributedSampler(images, processes, rank, shuffle=True, seed=seed, drop_last=True)

    def __iter__(self):
        step = self.step
        while True:
            self.sampler.set_epoch(step // self.passes)
            begun = step % self.passes
            yield from islice(BatchSampler(self.sampler, self.share, drop_last=True), begun, self.passes)
            step += self.passes - begun


def loader(images, config, step, rank=0, processes=1, workers=4):
    """Endless: lists of views, a [share of the batch, 3, size, size] each."""
    training = config["training"]
    batches = Batches(images, training["batchSize"], training["seed"], step, rank, processes)
    return DataLoader(images, batch_sampler=batches, num_workers=workers, pin_memory=torch.cuda.is_available(),
                      collate_fn=views_alone)


def views_alone(batch):
    """Labels are left behind: DINO learns without them."""
    return [torch.stack(view) for view in zip(*(views for views, _ in batch))]
