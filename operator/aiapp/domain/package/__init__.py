"""Whether a model package is accepted: its layout, configuration, code and requirements. Pure."""
