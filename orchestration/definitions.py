"""What ``dagster dev`` loads."""

from orchestration.defs.assembly import build_definitions
from orchestration.lib.settings import load_settings

defs = build_definitions(load_settings())
