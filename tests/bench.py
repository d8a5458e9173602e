"""Times a sample company through the whole pipeline, stage by stage.

``make bench`` takes a million customers; ``python -m tests.bench --customers
100000`` fewer. Seconds are wall clock, memory is the largest sum of the
resident sets of the run and its children, polled ten times a second. The
sample is made once and kept in the folder it is given.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psutil

GENERATE = """
import sys
from pathlib import Path
from ml.synthetic import generate
from orchestration.lib.sample import write_sample
home = Path(sys.argv[1])
company = generate(int(sys.argv[2]), seed=1, orders_per_customer=5.0)
write_sample(company, home / "landing" / "sample_company",
             home / "sample_truth", drop_written=True)
"""

RUN = """
import json, sys
from orchestration.lib.jobs import run_job
from orchestration.lib.settings import load_settings
result = run_job(load_settings(), sys.argv[1])
print(json.dumps({"success": result.is_success, "seconds": result.seconds,
                  "steps": dict(result.step_seconds),
                  "message": result.message}))
"""


def measured(code: str, *arguments: str) -> tuple[str, float, float]:
    """Run Python code; return its output, seconds and peak memory in GiB."""
    peak = 0
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    watched = psutil.Process(process.pid)
    is_done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not is_done.wait(0.1):
            try:
                family = [watched, *watched.children(recursive=True)]
                peak = max(peak, sum(one.memory_info().rss for one in family))
            except psutil.Error:
                continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    is_done.set()
    watcher.join()
    if process.returncode != 0:
        raise SystemExit(f"The run failed:\n{output}")
    return output, time.monotonic() - started, peak / 2**30


def slowest_nodes(home: Path, since: float, count: int) -> Counter[str]:
    """Return the slowest models and tests of a run and their seconds.

    Read from dbt's log, since a run calls dbt several times.
    """
    seconds: Counter[str] = Counter()
    seen = set()
    for path in (home / "dbt_target").glob("dbt.log*"):
        for line in path.read_text(encoding="utf-8").splitlines():
            node = json.loads(line)["data"].get("node_info") or {}
            name, finished = node.get("unique_id"), node.get("node_finished_at")
            if not finished or (name, finished) in seen:
                continue
            seen.add((name, finished))
            begun, ended = (
                datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
                for at in (node["node_started_at"], finished)
            )
            if begun >= since:
                seconds[name] += ended - begun
    return Counter(dict(seconds.most_common(count)))


def main() -> None:
    """Make the sample, run it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path)
    parser.add_argument(
        "--sample", type=Path, help="keep the files of the sample here"
    )
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="persona-bench-") as folder:
        home = chosen.home or Path(folder)
        sample = chosen.sample or home / "sample"
        if not (sample / "landing").exists():
            _, seconds, peak = measured(
                GENERATE, str(sample), str(chosen.customers)
            )
            print(f"sample company      {seconds:8.1f} s {peak:6.2f} GiB")
        landing = home / "landing"
        if not landing.exists():
            shutil.copytree(sample / "landing", landing, copy_function=os.link)
        os.environ.update(
            PERSONA_HOME=str(home),
            PERSONA_SOURCES="sample_company",
            PERSONA_KEY="a key that is only used to time a run ....",
        )
        for job in ("retrain", "refresh"):
            since = time.time()
            output, seconds, peak = measured(RUN, job)
            report = json.loads(output.strip().splitlines()[-1])
            if not report["success"]:
                raise SystemExit(report["message"])
            print(f"{job:<20}{seconds:8.1f} s {peak:6.2f} GiB")
            for step, step_seconds in report["steps"].items():
                print(f"  {step:<18}{step_seconds:8.1f} s")
            for name, node_seconds in slowest_nodes(home, since, 12).items():
                print(f"    {name:<60}{node_seconds:8.1f} s")
        with duckdb.connect(
            str(home / "warehouse.duckdb"), read_only=True
        ) as connection:
            counts = connection.execute(
                "select entity, rows_loaded from marts.delivery_accounting "
                "order by rows_loaded desc limit 4"
            ).fetchall()
        print(", ".join(f"{entity} {count:,}" for entity, count in counts))


if __name__ == "__main__":
    main()
