"""What changes from step to step, worked out from the page's config and the number of images an epoch counts."""
import math
from dataclasses import dataclass


@dataclass
class Values:
    lr: float
    weight_decay: float
    momentum: float  # of the teacher
    teacher_temp: float
    frozen: bool  # the last layer stays as it is


def cosine(step, base, final, steps, warmup=0, start=0.0):
    """Linear from start to base over the warm-up, then half a cosine towards final."""
    if step < warmup:
        return start + (base - start) * step / max(1, warmup - 1)
    return final + (base - final) * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


def whole(x):
    """The nearest whole number; halves go up."""
    return math.floor(x + 0.5)


class Schedule:
    def __init__(self, config, images):
        self.config = config
        training, optimizer, loss = config["training"], config["optimizer"], config["loss"]
        batch = training["batchSize"]
        if batch > images:
            raise SystemExit(f"A batch of {batch} needs more than {images} images: lower batchSize in config.json.")
        self.steps_per_epoch = max(1, images // batch)
        length = training["steps"] or max(1, whole(training["epochs"] * self.steps_per_epoch))
        self.stop = training["stopAfter"] or length
        self.steps = max(length, self.stop)
        self.lr = optimizer["lr"] * batch / 256 if optimizer["lrRule"] == "linear" else optimizer["lr"]
        self.lr_warmup = self.shortened(
            whole(optimizer["lrWarmupEpochs"] * self.steps_per_epoch), optimizer["lrWarmupMaxShare"], self.steps)
        epochs = self.steps / self.steps_per_epoch
        self.temp_warmup = self.shortened(  # in epochs: the temperature changes once an epoch
            whole(loss["warmupTeacherTempEpochs"]), loss["warmupTeacherTempMaxShare"], epochs)
        if self.lr_warmup > self.steps or self.temp_warmup > math.ceil(epochs):
            raise SystemExit(f"A warm-up in config.json is longer than the run of {self.steps} steps.")
        self.freeze = min(whole(config["head"]["freezeEpochs"] * self.steps_per_epoch), self.steps)

    @staticmethod
    def shortened(asked, share, length):
        return min(asked, math.floor(share * length)) if share < 1 else asked

    def at(self, step):
        o, t = self.config["optimizer"], self.config["teacher"]
        epoch = step // self.steps_per_epoch
        lr_end = self.lr if o["lrSchedule"] == "constant" else o["lrEnd"]
        momentum_step = epoch * self.steps_per_epoch if t["advance"] == "epoch" else step
        momentum_end = t["momentum"] if t["schedule"] == "constant" else t["momentumEnd"]
        return Values(
            lr=cosine(step, self.lr, lr_end, self.steps, self.lr_warmup, o["lrWarmupStart"]),
            weight_decay=cosine(step, o["weightDecay"], o["weightDecayEnd"], self.steps),
            momentum=cosine(momentum_step, t["momentum"], momentum_end, self.steps),
            teacher_temp=self.teacher_temp(epoch),
            frozen=step < self.freeze,
        )

    def teacher_temp(self, epoch):
        loss = self.config["loss"]
        if not loss["sharpening"]:  # the teacher is as soft as the student
            return loss["studentTemp"]
        first, last = loss["warmupTeacherTemp"], loss["teacherTemp"]
        if epoch >= self.temp_warmup:
            return last
        return first + (last - first) * epoch / max(1, self.temp_warmup - 1)
