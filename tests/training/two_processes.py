"""What each process of a run on several saw: started by test_processes.py through accelerate's launcher."""

import json
import os
import sys
from pathlib import Path

from nblib.cli import main
from nblib.training.finetune.trainer import SessionTrainer

log = Path(sys.argv[1]) / f"seen-{os.environ['RANK']}.jsonl"
training_step = SessionTrainer.training_step


def logged(self, model, inputs, num_items_in_batch=None):
    with log.open("a") as file:
        row = {
            "world_size": self.args.world_size,
            "step": self.state.global_step,
            "ids": inputs,
            "of": num_items_in_batch,
        }
        file.write(json.dumps(row) + "\n")
    return training_step(self, model, inputs, num_items_in_batch)


SessionTrainer.training_step = logged
sys.exit(main(sys.argv[2:]))
