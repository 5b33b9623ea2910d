"""States of the page, "dino-playground-state/1": a safetensors file with all that a run goes on from.

Tensors are float32: "student/..." and "teacher/..." are parameters and buffers under their official names, "moments.0/..."
and "moments.1/..." what the optimizer keeps of each parameter, and "center". The page stores the weight of a linear layer
as [in, out], that of the patches as [in*height*width, out] and that of any other convolution as [height*width*in, out];
everything else is as PyTorch has it.
"""
import json
import os
import struct

import torch

FORMAT = "dino-playground-state/1"
# What PyTorch calls the moments of each optimizer.
MOMENTS = {"adamw": ("exp_avg", "exp_avg_sq"), "adam": ("exp_avg", "exp_avg_sq"), "sgd": ("momentum_buffer",)}


# ---- file -----------------------------------------------------------------------------------------------------------

def read_file(path):
    """Any safetensors file of float32 -> metadata (strings by name), tensors by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    metadata, tensors = header.pop("__metadata__", {}), {}
    if len(data) != max((entry["data_offsets"][1] for entry in header.values()), default=0):
        raise SystemExit(f"{path} is not whole: copy or export it again.")
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = tensors[name].reshape(entry["shape"])
    return metadata, tensors


def read_state(path):
    metadata, tensors = read_file(path)
    if metadata.get("format") != FORMAT:
        raise SystemExit(f'{path} is of the format "{metadata.get("format")}", not "{FORMAT}".')
    return metadata, tensors


def write_state(path, metadata, tensors):
    """Whole or not at all: what breaks off leaves the file that was there."""
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        end = offset + 4 * tensor.numel()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{path}.part", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(tensor.contiguous().numpy().tobytes())
    os.replace(f"{path}.part", path)


# ---- layout ---------------------------------------------------------------------------------------------------------

def is_turned(name, shape):
    """Whether the page stores it the other way round."""
    return len(shape) == 4 or (len(shape) == 2 and not name.startswith("head.last_layer."))


def by_place(name, shape):
    """Whether the page counts the channels of a convolution last: those of a ResNet, not the patches' one."""
    return len(shape) == 4 and "patch_embed" not in name


def to_page(name, tensor):
    tensor = tensor.detach().cpu().float()
    if by_place(name, tensor.shape):
        tensor = tensor.permute(0, 2, 3, 1)
    return tensor.reshape(len(tensor), -1).T if is_turned(name, tensor.shape) else tensor


def from_page(name, stored, like):
    if stored.numel() != like.numel():
        raise SystemExit(f'"{name}" is {list(stored.shape)} in the state and {list(like.shape)} in config.json.')
    turned = stored.T if is_turned(name, like.shape) else stored
    if by_place(name, like.shape):
        turned = turned.reshape(like.permute(0, 2, 3, 1).shape).permute(0, 3, 1, 2)
    return torch.empty_like(like).copy_(turned.reshape(like.shape))


# ---- run ------------------------------------------------------------------------------------------------------------

def load(dino, metadata, tensors):
    """Puts a state into a run that was made with the same config."""
    def stored(name):
        if name not in tensors:
            raise SystemExit(f'The state has no "{name}": config.json describes another network.')
        return tensors[name]

    for who, network in (("student", dino.student), ("teacher", dino.teacher)):
        for name, tensor in network.state_dict().items():
            tensor.copy_(from_page(name, stored(f"{who}/{name}"), tensor))
    dino.center = stored("center").to(dino.center)
    dino.step = int(metadata["step"])
    dino.updates = json.loads(metadata["updates"])
    kind = dino.config["optimizer"]["kind"]
    for name, parameter in dino.student.named_parameters():
        count = updates_of(dino, name)
        if not parameter.requires_grad or count == 0:
            continue
        kept = {key: from_page(name, stored(f"moments.{i}/{name}"), parameter.data)
                for i, key in enumerate(MOMENTS[kind])}
        if kind != "sgd":
            kept["step"] = torch.tensor(float(count))
        dino.optimizer.state[parameter] = kept


def updates_of(dino, name):
    return dino.updates["lastLayer" if name.startswith("head.last_layer.") else "rest"]


def tensors_of(dino):
    tensors = {}
    for who, network in (("student", dino.student), ("teacher", dino.teacher)):
        tensors.update({f"{who}/{name}": to_page(name, tensor) for name, tensor in network.state_dict().items()})
    for i, key in enumerate(MOMENTS[dino.config["optimizer"]["kind"]]):
        for name, parameter in dino.student.named_parameters():
            kept = dino.optimizer.state.get(parameter, {}).get(key)
            # A parameter that was never moved has no moments yet; the page keeps zeros for it.
            tensors[f"moments.{i}/{name}"] = to_page(name, torch.zeros_like(parameter) if kept is None else kept)
    tensors["center"] = dino.center.cpu()
    return tensors


def save(dino, path, metadata):
    """`metadata` are those of the state that the run went on from: what names the run and its images stays as it was."""
    # The page's own text of the settings, unless they were changed in config.json.
    config = metadata["config"] if json.loads(metadata["config"]) == dino.config else json.dumps(dino.config)
    counts = {"step": str(dino.step), "updates": json.dumps(dino.updates)}
    write_state(path, {**metadata, "config": config, **counts}, tensors_of(dino))
