"""The same run under Lightning, for whoever has its launchers and loggers already.

    python train_lightning.py --data /path/to/images --devices 8 --nodes 1

Not called lightning.py, which would hide the package of that name.
"""
import argparse
from pathlib import Path

import lightning as pl

import checkpoint
from crops import images_in, loader
from dino import Dino
from train import HERE, last_step, newest, read_project


class Run(pl.LightningModule):
    """Lets Lightning distribute, differentiate and update; what DINO does between is `dino`'s."""

    def __init__(self, dino, images, options, metadata):
        super().__init__()
        self.student, self.teacher = dino.student, dino.teacher
        self.dino, self.images, self.options, self.metadata = dino, images, options, metadata

    def configure_optimizers(self):
        return self.dino.optimizer

    def train_dataloader(self):
        return loader(self.images, self.dino.config, self.dino.step, self.global_rank, self.trainer.world_size,
                      self.options.workers)

    def on_fit_start(self):
        self.dino.center = self.dino.center.to(self.device)
        self.dino.seed(self.global_rank)

    def training_step(self, views, _):
        loss = self.dino.loss(views, self.dino.schedule.at(self.dino.step))
        self.log("loss", loss, sync_dist=True, prog_bar=True, batch_size=len(views[0]))
        return loss

    def on_before_optimizer_step(self, _optimizer):
        self.dino.ready_gradients(self.dino.schedule.at(self.dino.step))

    def on_train_batch_end(self, *_):
        dino, options = self.dino, self.options
        dino.end_step(dino.schedule.at(dino.step))
        if self.global_rank == 0 and (dino.step % options.save_every == 0 or dino.step == options.steps):
            checkpoint.save(dino, options.out / f"state-{dino.step:08}.safetensors", self.metadata)


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
    config, listed = read_project()
    metadata, tensors = checkpoint.read_state(newest(options.out))
    images = images_in(options.data, config, listed)
    dino = Dino(config, len(listed) or len(images))
    checkpoint.load(dino, metadata, tensors)
    options.steps = last_step(dino, options.steps)
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = pl.Trainer(
        max_steps=options.steps - dino.step, devices=options.devices, num_nodes=options.nodes, sync_batchnorm=True,
        use_distributed_sampler=False, enable_checkpointing=False, enable_model_summary=False,
        logger=False)
    trainer.fit(Run(dino, images, options, metadata))


if __name__ == "__main__":
    main()
