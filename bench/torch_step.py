"""The same DINO step in eager PyTorch, float32 without TF32: python3 torch_step.py FOLDER, figures as JSON.

FOLDER holds given.json (settings, names, shapes, offsets) and values.bin (float32), as bench/node/torch.ts writes them.
Losses of the first steps are given back, so that the bench can hold them against its own.
"""
import json
import math
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

WARM_UPS, BLOCKS, BLOCK_SECONDS, MOST = 3, 5, 2.0, 20
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


def read(folder):
    with open(f"{folder}/given.json") as file:
        given = json.load(file)
    values = np.fromfile(f"{folder}/values.bin", dtype=np.float32)

    def tensor(place):
        size = math.prod(place["shape"])
        part = values[place["offset"] : place["offset"] + size]
        return torch.from_numpy(part.reshape(place["shape"]).copy()).to(DEVICE)

    return given, tensor


def stored(name, tensor):
    """Linear weights come as [in, out]; torch multiplies with [out, in]."""
    linear = name.endswith(".weight") and tensor.ndim == 2
    return tensor.t().contiguous() if linear else tensor


class Run:
    def __init__(self, given, tensor, fused_attention):
        self.s = given["settings"]
        self.fused_attention = fused_attention
        self.student = {p["name"]: stored(p["name"], tensor(p)) for p in given["parameters"]}
        self.teacher = {name: value.clone() for name, value in self.student.items()}
        self.buffers = [{b["name"]: tensor(b) for b in given["buffers"]} for _ in range(2)]
        held = self.s["head"]["normLastLayer"]
        self.trainable = [n for n in self.student if not (held and n == "head.last_layer.weight_g")]
        for name in self.trainable:
            self.student[name].requires_grad_(True)
        self.center = torch.zeros(1, self.s["head"]["prototypes"], device=DEVICE)
        o = self.s["optimizer"]
        decayed = [self.student[n] for n in self.trainable if self.decays(n)]
        plain = [self.student[n] for n in self.trainable if not self.decays(n)]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed}, {"params": plain, "weight_decay": 0.0}],
            lr=0.0, betas=(o["beta1"], o["beta2"]), eps=o["epsilon"],
        )

    def decays(self, name):
        return self.student[name].ndim > 1 and not name.endswith(".bias")

    def positions(self, p, rows, columns):
        table = p["backbone.pos_embed"]
        side = self.s["views"]["globalSize"] // self.s["backbone"]["patchSize"]
        if rows == side and columns == side:
            return table
        grid = table[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
        factor = ((rows + 0.1) / side, (columns + 0.1) / side)
        resized = F.interpolate(grid, scale_factor=factor, mode="bicubic")
        return torch.cat([table[:, :1], resized.permute(0, 2, 3, 1).flatten(1, 2)], 1)

    def attention(self, p, name, x):
        batch, length, dim = x.shape
        heads = self.s["backbone"]["heads"]
        qkv = F.linear(x, p[f"{name}.qkv.weight"], p.get(f"{name}.qkv.bias"))
        q, k, v = qkv.reshape(batch, length, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
        if self.fused_attention:
            mixed = F.scaled_dot_product_attention(q, k, v)
        else:
            mixed = (q @ k.transpose(-2, -1) * (dim // heads) ** -0.5).softmax(-1) @ v
        return F.linear(
            mixed.transpose(1, 2).reshape(batch, length, dim), p[f"{name}.proj.weight"], p[f"{name}.proj.bias"]
        )

    def backbone(self, p, view, kept):
        shape, dim = self.s["backbone"], self.s["backbone"]["dim"]
        norm = lambda name, x: F.layer_norm(x, (dim,), p[f"{name}.weight"], p[f"{name}.bias"], 1e-6)
        linear = lambda name, x: F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])
        x = linear("backbone.patch_embed.proj", view["patches"])
        x = torch.cat([p["backbone.cls_token"].expand(len(x), -1, -1), x], 1)
        x = x + self.positions(p, view["rows"], view["columns"])
        for i in range(shape["depth"]):
            name = f"backbone.blocks.{i}"
            mixed = self.attention(p, f"{name}.attn", norm(f"{name}.norm1", x))
            x = x + (mixed * kept[i, 0] if (i, 0) in kept else mixed)
            hidden = linear(f"{name}.mlp.fc2", F.gelu(linear(f"{name}.mlp.fc1", norm(f"{name}.norm2", x))))
            x = x + (hidden * kept[i, 1] if (i, 1) in kept else hidden)
        return norm("backbone.norm", x[:, 0])

    def head(self, p, x, buffers):
        shape = self.s["head"]
        index = 0

        def batch_norm(x):
            name = f"head.mlp.{index}"
            return F.batch_norm(
                x, buffers[f"{name}.running_mean"], buffers[f"{name}.running_var"],
                p[f"{name}.weight"], p[f"{name}.bias"], True, 0.1, 1e-5,
            )

        for _ in range(shape["layers"] - 1):
            x = F.linear(x, p[f"head.mlp.{index}.weight"], p[f"head.mlp.{index}.bias"])
            index += 1
            if shape["batchNorm"] == "before-gelu":
                x = batch_norm(x)
                index += 1
            x = F.gelu(x)
            index += 1
            if shape["batchNorm"] == "after-gelu":
                x = batch_norm(x)
                index += 1
        x = F.normalize(F.linear(x, p[f"head.mlp.{index}.weight"], p[f"head.mlp.{index}.bias"]), dim=-1)
        v, g = p["head.last_layer.weight_v"], p["head.last_layer.weight_g"]
        return F.linear(x, torch._weight_norm(v, g, 0))

    def loss(self, student, targets):
        views = 2 + self.s["views"]["localCount"]
        log_p = F.log_softmax(student / self.s["loss"]["studentTemp"], -1).chunk(views)
        q = targets.chunk(2)
        pairs = [(-q[t] * log_p[s]).sum(-1).mean() for t in range(2) for s in range(views) if s != t]
        return sum(pairs) / len(pairs)

    def step(self, views, kept, at):
        with torch.no_grad():
            logits = self.head(self.teacher, self.backbone(self.teacher, views[0], {}), self.buffers[1])
            targets = F.softmax((logits - self.center) / at["teacherTemp"], -1)
        cls = [self.backbone(self.student, view, branches) for view, branches in zip(views, kept)]
        loss = self.loss(self.head(self.student, torch.cat(cls), self.buffers[0]), targets)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        with torch.no_grad():
            m = self.s["loss"]["centerMomentum"]
            self.center = self.center * m + logits.mean(0, keepdim=True) * (1 - m)
            for name in self.trainable:
                grad = self.student[name].grad
                grad.mul_((self.s["optimizer"]["clipNorm"] / (grad.norm(2) + 1e-6)).clamp(max=1.0))
        if at["frozen"]:
            for name in self.trainable:
                if name.startswith("head.last_layer."):
                    self.student[name].grad = None
        for group in self.optimizer.param_groups:
            group["lr"] = at["lr"]
        self.optimizer.param_groups[0]["weight_decay"] = at["weightDecay"]
        self.optimizer.step()
        with torch.no_grad():
            for name, old in self.teacher.items():
                old.mul_(at["momentum"]).add_(self.student[name].detach(), alpha=1 - at["momentum"])
        return loss.detach()


def inputs_of(given, tensor):
    steps = []
    for one in given["inputs"]:
        views = [{**view, "patches": tensor(view["patches"])} for view in one["views"]]
        ends = np.cumsum([0] + [len(view["patches"]) for view in views])
        whole = {(k["block"], k["branch"]): tensor(k["keep"]) for k in one["kept"]}
        kept = [
            {key: keep[first:last].reshape(-1, 1, 1) for key, keep in whole.items()}
            for first, last in zip(ends, ends[1:])
        ]
        steps.append((views, kept, one["at"]))
    return steps


def synchronize():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def timed(given, tensor, fused_attention):
    run, inputs = Run(given, tensor, fused_attention), inputs_of(given, tensor)
    losses, count, seconds = [], 0, []

    def advance():
        nonlocal count
        loss = run.step(*inputs[count % len(inputs)])
        count += 1
        return loss

    for _ in range(max(WARM_UPS, len(inputs))):
        losses.append(advance().item())
    begun = time.perf_counter()
    advance().item()
    steps = max(1, min(MOST, round(BLOCK_SECONDS / (time.perf_counter() - begun))))
    for _ in range(BLOCKS):
        synchronize()
        begun = time.perf_counter()
        for _ in range(steps):
            advance()
        synchronize()
        seconds.append((time.perf_counter() - begun) / steps)
    return losses[: len(inputs)], seconds


def main():
    given, tensor = read(sys.argv[1])
    kinds = {"attention spelled out": False}
    if hasattr(F, "scaled_dot_product_attention"):
        kinds["scaled_dot_product_attention"] = True
    results = {name: timed(given, tensor, fused) for name, fused in kinds.items()}
    name, (losses, seconds) = min(results.items(), key=lambda result: np.median(result[1][1]))
    device = torch.cuda.get_device_name() if DEVICE == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(json.dumps({
        "version": torch.__version__,
        "device": device,
        "attention": name,
        "seconds": {"median": float(np.median(seconds)), "min": min(seconds), "max": max(seconds)},
        "losses": losses,
    }))


main()
