"""A folder a lab, named as its notebook: what only that lab needs."""
