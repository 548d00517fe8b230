"""How a run is described, started, steered and kept. Knows no torch and no widgets."""
