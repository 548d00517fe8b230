"""The notebook of the README's picture: ``make picture`` runs it in a real JupyterLab and presses Start."""

from IPython.display import display

from nblib import FineTuneConfig, FineTunePanel

config = FineTuneConfig(
    max_train_samples=512, max_eval_samples=128, freeze_layers=4, learning_rate=3e-4, epochs=3, eval_steps=8
)
panel = FineTunePanel(config)
display(panel)
