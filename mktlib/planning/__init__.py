"""From a brief and scores to one plan: read the brief, narrow the ideas, choose within every limit, check it, keep it.

brief: `brief` what is asked for, `reading` and `mistakes` what is wrong in it, `entries`, `template` and `form` (`layout`) one to fill in,
    `filled` read back, `questions` one for who has no data, `informed` what others know, `remarks` what to say of it;
narrowing: `ideas` priced cells, `sieves` and `narrow` the short list, `why` not another;
program: `problem` the numbers, `limits` the rows that hold them, `program` both as a matrix, `engine` HiGHS, `greedy` a fill by hand;
solving: `solve`; a large campaign by `search` (which pieces, when: `schedules`), `weeks` (each alone) and `finish` (whole lots);
    `risk` for the worst outcomes, `pacing` of equals, `clash` why nothing holds, `margins` what a little more brings;
telling: `plan` and `readable` its tables, `check` every limit again, `calendar` its days and `calendar_check` those again, `learning`
    (`information`) what to ask next, `store` on disk, `outputs` (`links`, `pages`, `workbook`) what leaves it;
running: `track` one day of it: `track_log` what is known, `track_rows` beside the plan, `track_late` pieces, `pace_of_money`,
    `track_ahead` (`landing`) where it ends, `track_units` what each piece is worth, `track_decide` what to do.
"""

from mktlib.planning.brief import Brief
from mktlib.planning.form import write_form
from mktlib.planning.narrow import shortlist
from mktlib.planning.plan import CampaignPlan, load_plan, plan_campaign
from mktlib.planning.questions import Question, brief_from_answers, questions
from mktlib.planning.reading import brief_from_text, read_brief
from mktlib.planning.template import brief_template
from mktlib.planning.track import track_campaign

__all__ = [
    "Brief",
    "CampaignPlan",
    "Question",
    "brief_from_answers",
    "brief_from_text",
    "brief_template",
    "load_plan",
    "plan_campaign",
    "questions",
    "read_brief",
    "shortlist",
    "track_campaign",
    "write_form",
]
