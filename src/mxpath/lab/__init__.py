"""A mini-Internet of our own: one TOML world, played in memory or by the kernel."""
