"""The sample company of ``persona demo``, delivered once per home."""

from __future__ import annotations

import json

from orchestration.lib.sample import FileFormat, write_sample
from orchestration.lib.settings import Settings

SOURCE = "sample_company"
MARKER = ".sample.json"


class DemoError(RuntimeError):
    """The home already holds another company; the message says the mend."""


def deliver_sample(
    settings: Settings,
    *,
    n_customers: int,
    seed: int,
    file_format: FileFormat,
) -> None:
    """Write the sample company into its landing folder, unless it is there.

    The truth about it goes to ``sample_truth/`` in the same home, which no
    pipeline reads.

    Raises
    ------
    DemoError
        When the folder holds a sample of other size, seed or format: two
        companies in one warehouse would share customer ids.
    """
    from ml.synthetic import generate

    landing = settings.landing / SOURCE
    marker = landing / MARKER
    wanted = {
        "n_customers": n_customers,
        "seed": seed,
        "file_format": file_format,
    }
    if marker.exists():
        found = json.loads(marker.read_text(encoding="utf-8"))
        if found == wanted:
            return
        raise DemoError(
            f"{landing} holds another sample company ({found}). Give this one "
            "a home of its own, such as PERSONA_HOME=var2 persona demo, or "
            f"remove {settings.home} first."
        )
    write_sample(
        generate(n_customers, seed=seed),
        landing,
        settings.home / "sample_truth",
        file_format=file_format,
        drop_written=True,
    )
    marker.write_text(json.dumps(wanted), encoding="utf-8")
