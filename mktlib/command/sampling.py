"""The samples again, from their seed."""

from __future__ import annotations

import argparse

from mktlib.command.output import say_written
from mktlib.planning import plan_campaign, read_brief
from mktlib.scoring import ContentScorer
from mktlib.simulate import load_sample, run_plan, sample_path, write_samples
from mktlib.vocabulary import default_language
from mktlib.wording import write_text


def samples_job(args: argparse.Namespace) -> None:
    """The year first; then the plan that its scores and the story's brief give, frozen; then what that plan brought."""
    out = args.out or sample_path("")
    written = write_samples(out)
    scores = ContentScorer().fit(load_sample("content_log", folder=out)).score_cells()
    plan = plan_campaign(scores, read_brief(sample_path("briefs/sunglasses.toml")))
    written.append(plan.save(out / "plan"))
    written.append(write_text(run_plan(plan).to_csv(index=False, lineterminator="\n"), out / "results.csv"))
    say_written(written, default_language())
