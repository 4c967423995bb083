"""Runs on Python 3.7 too, where nothing else of the tests' configuration is read (`make oldest`)."""

from __future__ import annotations

import hypothesis

hypothesis.settings.register_profile("serve", deadline=None)
hypothesis.settings.load_profile("serve")
