"""Goes on with a run of DINO Playground, on one machine or many.

    torchrun --nproc_per_node 8 train.py --data /path/to/images

Each process takes an equal share of every batch. A state is written to --out now and then and at the end; started again,
the run goes on from the newest one there.
"""
import argparse
import json
import os
import time
from itertools import islice
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import checkpoint
from dino import Dino, mean_over_processes

HERE = Path(__file__).parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path, help="a folder of images, in a folder for each class")
    parser.add_argument("--state", type=Path, help="what to go on from (default: the newest in --out, else the page's)")
    parser.add_argument("--out", default=HERE / "out", type=Path, help="where states and metrics go")
    parser.add_argument("--steps", type=int, help="stop after so many steps, counted from the run's very first")
    parser.add_argument("--save-every", default=1000, type=int, metavar="STEPS")
    parser.add_argument("--workers", default=4, type=int, help="processes that make views, for each that trains")
    return parser.parse_args()


def newest(out):
    """The state of the latest step in a folder, or the one that came with this project."""
    return max(out.glob("state-*.safetensors"), default=HERE / "state.safetensors")


def read_project():
    """-> the config, and the paths of the images that the page trained on."""
    return json.loads((HERE / "config.json").read_text()), json.loads((HERE / "images.json").read_text())


def last_step(dino, asked):
    schedule = dino.schedule
    until = asked or (schedule.stop if dino.step < schedule.stop else schedule.steps)
    if not dino.step < until <= schedule.steps:
        raise SystemExit(f"The run is at step {dino.step} of {schedule.steps} and was asked to go on to {until}: "
                         "its length is training.steps or training.epochs in config.json.")
    if until > schedule.stop:
        dino.config["training"]["stopAfter"] = None  # or the page would find the run finished
    return until


def join():
    """This process's number, how many there are, and its device. torchrun tells."""
    processes = int(os.environ.get("WORLD_SIZE", 1))
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    if processes > 1:
        dist.init_process_group("nccl" if gpu else "gloo")
    return int(os.environ.get("RANK", 0)), processes, "cuda" if gpu else "cpu"


def share(dino, device):
    """Gradients become means over all processes, and so does what BatchNorm sees."""
    norms = [m for m in dino.student.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if norms and device == "cpu":
        raise SystemExit("The network has BatchNorm, which PyTorch shares between GPUs alone: start one process.")
    if mean_over_processes(torch.tensor([float(dino.step)], device=device)).item() != dino.step:
        raise SystemExit("The machines would go on from different states: let them share this folder, or name --state.")
    dino.student = nn.SyncBatchNorm.convert_sync_batchnorm(dino.student)
    dino.teacher = nn.SyncBatchNorm.convert_sync_batchnorm(dino.teacher)
    # Every process has the same buffers already: statistics are those of the whole batch.
    dino.learner = DistributedDataParallel(dino.student, broadcast_buffers=False)


def go_on(dino, batches, until, note, keep):
    """Trains to step `until`. `note` is told of each step, `keep` after it."""
    for views in islice(batches, until - dino.step):
        at, begun = dino.schedule.at(dino.step), time.time()
        loss = dino.train_step([view.to(dino.center.device, non_blocking=True) for view in views])
        note({"step": dino.step, "loss": loss, "lr": at.lr, "seconds": round(time.time() - begun, 4)})
        keep(dino.step)


def main():
    options = arguments()
    from crops import images_in, loader  # torchvision is needed for views alone

    rank, processes, device = join()
    config, listed = read_project()
    state = options.state or newest(options.out)
    metadata, tensors = checkpoint.read_state(state)
    images = images_in(options.data, config, listed)
    dino = Dino(config, len(listed) or len(images), device)
    checkpoint.load(dino, metadata, tensors)
    dino.seed(rank)
    if processes > 1:
        share(dino, device)
    until = last_step(dino, options.steps)
    options.out.mkdir(parents=True, exist_ok=True)
    if rank == 0:
        print(f"{state.name}, step {dino.step} of {until}; {len(images)} images, {len(listed)} on the page; "
              f"{processes} x {device}", flush=True)

    metrics = open(options.out / "metrics.jsonl", "a") if rank == 0 else None

    def note(row):
        if rank == 0:
            metrics.write(json.dumps(row) + "\n")
            metrics.flush()

    def keep(step):
        if rank == 0 and (step % options.save_every == 0 or step == until):
            path = options.out / f"state-{step:08}.safetensors"
            checkpoint.save(dino, path, metadata)
            print(f"step {step} of {until}: {path}", flush=True)

    go_on(dino, loader(images, config, dino.step, rank, processes, options.workers), until, note, keep)
    if processes > 1:
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
