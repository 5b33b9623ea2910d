"""The same run under Lightning: `python train_lightning.py --data /path/to/images --devices 8 --nodes 1`.

Not called lightning.py, which would hide the package of that name.
"""
import argparse
from pathlib import Path

import checkpoint
from dino import Dino
from train import HERE, newest, read_project


def module(pl, dino, images, metadata, options):
    """A LightningModule around a run; Lightning is imported by whoever starts it."""
    from crops import loader

    class Lit(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.student, self.teacher = dino.student, dino.teacher
            self.at = None

        def train_dataloader(self):
            return loader(images, dino.config, dino.step, self.global_rank, self.trainer.world_size, options.workers)

        def configure_optimizers(self):
            return dino.optimizer

        def on_fit_start(self):
            # Lightning may have put copies with a shared BatchNorm into their places.
            dino.student = dino.learner = self.student
            dino.teacher, dino.center = self.teacher, dino.center.to(self.device)
            dino.seed(self.global_rank)

        def training_step(self, views, _):
            self.at = dino.schedule.at(dino.step)
            loss = dino.loss(views, self.at)
            self.log("loss", loss, sync_dist=True, prog_bar=True, batch_size=len(views[0]))
            return loss

        def on_before_optimizer_step(self, _optimizer):
            dino.ready_gradients(self.at)

        def on_train_batch_end(self, *_):
            dino.end_step(self.at)
            if self.global_rank == 0 and (dino.step % options.save_every == 0 or dino.step == options.steps):
                checkpoint.save(dino, options.out / f"state-{dino.step:08}.safetensors", metadata)

    return Lit()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", default=HERE / "out", type=Path)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--save-every", default=1000, type=int)
    parser.add_argument("--workers", default=4, type=int)
    parser.add_argument("--devices", default="auto")
    parser.add_argument("--nodes", default=1, type=int)
    options = parser.parse_args()
    import lightning as pl

    from crops import images_in

    config, listed = read_project()
    metadata, tensors = checkpoint.read_state(newest(options.out))
    images = images_in(options.data, config, listed)
    dino = Dino(config, len(listed) or len(images))
    checkpoint.load(dino, metadata, tensors)
    options.out.mkdir(parents=True, exist_ok=True)
    options.steps = options.steps or dino.schedule.stop
    trainer = pl.Trainer(
        max_steps=options.steps - dino.step, devices=options.devices, num_nodes=options.nodes, sync_batchnorm=True,
        use_distributed_sampler=False, enable_checkpointing=False, logger=False)
    trainer.fit(module(pl, dino, images, metadata, options))


if __name__ == "__main__":
    main()
