"""DINO (Caron et al. 2021): the student learns to answer as the teacher does, and the teacher follows the student."""
import math

import torch
import torch.distributed as dist
from torch.nn import functional as F

from model import Network
from schedule import Schedule

try:
    from torch.func import functional_call
except ImportError:  # torch 1
    from torch.nn.utils.stateless import functional_call


def loss_of(student_logits, targets, views, student_temp):
    """Cross-entropy over all pairs of a teacher's view and another one of the student's (eq. 3), mean of the batch."""
    targets = targets.chunk(2)
    log_p = F.log_softmax(student_logits / student_temp, dim=-1).chunk(views)
    pairs = [-(q * p).sum(-1).mean() for v, q in enumerate(targets) for u, p in enumerate(log_p) if u != v]
    return sum(pairs) / len(pairs)


def mean_over_processes(x):
    if dist.is_initialized():
        dist.all_reduce(x)
        x = x / dist.get_world_size()
    return x


def spared(name, parameter):
    """Weight decay is for matrices: biases and gains go without."""
    return parameter.ndim == 1 or name.endswith(".bias")


def optimizer_of(settings, student):
    trained = [(name, p) for name, p in student.named_parameters() if p.requires_grad]
    groups = [
        {"params": [p for name, p in trained if not spared(name, p)]},
        {"params": [p for name, p in trained if spared(name, p)], "weight_decay": 0.0},
    ]
    if settings["kind"] == "sgd":
        return torch.optim.SGD(groups, lr=0.0, momentum=settings["sgdMomentum"])
    kind = torch.optim.AdamW if settings["kind"] == "adamw" else torch.optim.Adam
    return kind(groups, lr=0.0, betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"])


class Dino:
    """A run: both networks, the center, the optimizer, and how far it has come."""

    def __init__(self, config, images, device="cpu"):
        self.config = config
        self.schedule = Schedule(config, images)
        self.student = Network(config, config["backbone"]["dropPath"]).to(device).train()
        self.teacher = Network(config).to(device).train().requires_grad_(False)
        if config["head"]["lastLayer"] == "weight-norm" and config["head"]["normLastLayer"]:
            self.student.head.last_layer.weight_g.requires_grad = False
        self.center = torch.zeros(1, config["head"]["prototypes"], device=device)
        self.optimizer = optimizer_of(config["optimizer"], self.student)
        self.learner = self.student  # what gradients are taken through: DistributedDataParallel puts itself here
        self.step = 0
        self.updates = {"lastLayer": 0, "rest": 0}  # how often the optimizer has moved them

    def seed(self, rank):
        """Random draws from here on are such as no other process makes, nor this one before this step."""
        torch.manual_seed(hash((self.config["training"]["seed"], self.step, rank)) % 2 ** 63)

    # -- one step, in the order of algorithm 1 --

    def train_step(self, views):
        """Views of this process's share of the batch -> the loss of the whole batch."""
        at = self.schedule.at(self.step)
        loss = self.loss(views, at)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        value = mean_over_processes(loss.detach().clone()).item()
        if not math.isfinite(value):
            raise SystemExit(f"The loss of step {self.step + 1} is {value}: go on from the last state at a lower lr.")
        self.ready_gradients(at)
        self.optimizer.step()
        self.end_step(at)
        return value

    def loss(self, views, at):
        s = self.config["loss"]
        if self.config["teacher"]["update"] == "before":
            self.follow(at.momentum)
        answers = self.answers(views[:2])
        logits = self.learner(views)  # [views*B, K]
        # Without the stop-gradient the student's own answers are the targets.
        asked = answers if s["stopGradient"] else self.scaled(logits[:len(answers)])
        centered = asked - self.center if s["centering"] else asked
        targets = F.softmax(centered / at.teacher_temp, dim=-1)
        if s["centering"]:
            mean = mean_over_processes(answers.mean(0, keepdim=True))
            self.center = self.center * s["centerMomentum"] + mean * (1 - s["centerMomentum"])
        return loss_of(logits, targets, len(views), s["studentTemp"])

    @torch.no_grad()
    def answers(self, views):
        """The teacher's logits of the global views, [2*B, K]."""
        if self.config["loss"]["stopGradient"]:
            return self.scaled(self.teacher(views))
        return self.scaled(functional_call(self.teacher, dict(self.student.named_parameters()), (views,)))

    def scaled(self, logits):
        return F.normalize(logits) if self.config["loss"]["teacherLogitsL2"] else logits

    def ready_gradients(self, at):
        """Clips the gradients, drops those of a frozen last layer, and sets what the optimizer needs of the step."""
        settings = self.config["optimizer"]
        trained = [p for p in self.student.parameters() if p.requires_grad]
        if settings["clip"] == "global":
            torch.nn.utils.clip_grad_norm_(trained, settings["clipNorm"])
        elif settings["clip"] == "tensor":
            for p in trained:
                torch.nn.utils.clip_grad_norm_([p], settings["clipNorm"])
        if at.frozen:
            # Absent, not zero: neither weight decay nor old moments move the layer.
            for p in self.student.head.last_layer.parameters():
                p.grad = None
        decayed, others = self.optimizer.param_groups
        decayed.update(lr=at.lr, weight_decay=at.weight_decay)
        others.update(lr=at.lr)

    def end_step(self, at):
        if self.config["teacher"]["update"] == "after":
            self.follow(at.momentum)
        self.step += 1
        self.updates["rest"] += 1
        self.updates["lastLayer"] += not at.frozen

    @torch.no_grad()
    def follow(self, momentum):
        """teacher <- momentum * teacher + (1 - momentum) * student."""
        for teacher, student in zip(self.teacher.parameters(), self.student.parameters()):
            teacher.mul_(momentum).add_(student, alpha=1 - momentum)
