"""The network of a run: a backbone and a projection head, under the names of the official checkpoints.

`config` is the page's: the groups "views", "backbone" and "head" say what the network looks like.
"""
import torch
from torch import nn
from torch.nn import functional as F


# ---- vision transformer (Dosovitskiy et al. 2021) -------------------------------------------------------------------

class DropPath(nn.Module):
    """Leaves a branch out for whole views (Huang et al. 2016); what stays is scaled so that its mean is the same."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):  # [B, N, D]
        if self.rate == 0:
            return x
        kept = torch.rand(len(x), 1, 1, device=x.device) >= self.rate
        return x * kept / (1 - self.rate)


class Attention(nn.Module):
    def __init__(self, dim, heads, qkv_bias):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):  # [B, N, D]
        B, N, D = x.shape
        q, k, v = self.qkv(x).reshape(B, N, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) * (D // self.heads) ** -0.5).softmax(-1)  # [B, heads, N, N]
        return self.proj((weights @ v).transpose(1, 2).reshape(B, N, D))


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, shape, drop_path):
        super().__init__()
        dim = shape["dim"]
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, shape["heads"], shape["qkvBias"])
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, int(dim * shape["mlpRatio"]))
        self.drop_path = DropPath(drop_path)

    def forward(self, x):
        x = x + self.drop_path(self.attn(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))


class PatchEmbed(nn.Module):
    def __init__(self, patch, dim):
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, stride=patch)

    def forward(self, images):  # [B, 3, H, W] -> [B, D, rows, columns]
        return self.proj(images)


class VisionTransformer(nn.Module):
    """Images of any size in whole patches -> the CLS token after the last norm, [B, D]."""

    def __init__(self, shape, image_size, drop_path):
        super().__init__()
        dim, depth = shape["dim"], shape["depth"]
        self.width, self.grid = dim, image_size // shape["patchSize"]
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + self.grid ** 2, dim))
        self.patch_embed = PatchEmbed(shape["patchSize"], dim)
        rates = [drop_path * i / (depth - 1) if depth > 1 else drop_path for i in range(depth)]
        self.blocks = nn.ModuleList(Block(shape, rate) for rate in rates)
        self.norm = nn.LayerNorm(dim, eps=1e-6)

    def positions(self, rows, columns):
        """The table for a grid of patches: [1, 1 + rows*columns, D]."""
        if rows == columns == self.grid:
            return self.pos_embed
        table = self.pos_embed[:, 1:].reshape(1, self.grid, self.grid, -1).permute(0, 3, 1, 2)
        # Official networks are trained with this 0.1 in the factor, which moves the sampled points a little.
        factor = ((rows + 0.1) / self.grid, (columns + 0.1) / self.grid)
        table = F.interpolate(table, scale_factor=factor, mode="bicubic")
        return torch.cat([self.pos_embed[:, :1], table.permute(0, 2, 3, 1).flatten(1, 2)], dim=1)

    def forward(self, images):
        x = self.patch_embed(images)
        rows, columns = x.shape[2:]
        x = x.flatten(2).transpose(1, 2)  # [B, rows*columns, D]
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.positions(rows, columns)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 0]


# ---- head -----------------------------------------------------------------------------------------------------------

class Prototypes(nn.Module):
    """The last layer, K rows without a bias: w = g v/|v|, rows of length 1, or free."""

    def __init__(self, kind, width, rows):
        super().__init__()
        self.kind = kind
        if kind == "weight-norm":
            self.weight_g = nn.Parameter(torch.ones(rows, 1))
            self.weight_v = nn.Parameter(torch.zeros(rows, width))
        else:
            self.weight = nn.Parameter(torch.zeros(rows, width))

    def forward(self, x):
        if self.kind == "weight-norm":
            return F.linear(x, self.weight_g * self.weight_v / self.weight_v.norm(dim=1, keepdim=True))
        return F.linear(x, F.normalize(self.weight) if self.kind == "unit-rows" else self.weight)


class Head(nn.Module):
    """Features [B, D] -> logits over the prototypes [B, K], not yet divided by a temperature."""

    def __init__(self, shape, width):
        super().__init__()
        # Without a bottleneck the prototypes are themselves the last of the layers.
        hidden = [shape["hidden"]] * (shape["layers"] - 1)
        layers = []
        for to in hidden:
            norm = [] if shape["batchNorm"] == "off" else [nn.BatchNorm1d(to)]
            after = shape["batchNorm"] == "after-gelu"
            layers += [nn.Linear(width, to), *([nn.GELU(), *norm] if after else [*norm, nn.GELU()])]
            width = to
        if shape["bottleneck"] is not None:
            layers.append(nn.Linear(width, shape["bottleneck"]))
            width = shape["bottleneck"]
        lone = len(layers) == 1 and not hidden
        self.mlp = layers[0] if lone else nn.Sequential(*layers)
        self.unit_length = shape["l2Bottleneck"]
        self.last_layer = Prototypes(shape["lastLayer"], width, shape["prototypes"])
        self.last_norm = nn.BatchNorm1d(shape["prototypes"], affine=False) if shape["lastBatchNorm"] else nn.Identity()

    def forward(self, x):
        x = self.mlp(x)
        return self.last_norm(self.last_layer(F.normalize(x) if self.unit_length else x))


# ---- the whole ------------------------------------------------------------------------------------------------------

def backbone(config, drop_path):
    shape = config["backbone"]
    if shape.get("architecture", "vit") == "vit":
        return VisionTransformer(shape, config["views"]["globalSize"], drop_path)
    from resnet import resnet  # torchvision's

    return resnet(shape)


class Network(nn.Module):
    """Views, a [B, 3, size, size] each, global ones first -> logits [views*B, K], view by view."""

    def __init__(self, config, drop_path=0.0):
        super().__init__()
        self.backbone = backbone(config, drop_path)
        self.head = Head(config["head"], self.backbone.width)

    def forward(self, views):
        by_size = {}
        for view in views:
            by_size.setdefault(view.shape[-1], []).append(view)
        features = torch.cat([self.backbone(torch.cat(same)) for same in by_size.values()])
        return self.head(features)
