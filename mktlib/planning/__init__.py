"""From a brief and scores to one plan: read the brief, narrow the ideas, choose within every limit, check it, keep it.

`brief` what is asked for; `reading` what is wrong in it;
`template` and `form` one to fill in;
`ideas` priced cells; `narrow` the short list; `problem` the numbers; `limits` the rows that hold them;
`greedy` a fill by hand; `solve` HiGHS;
`plan` the tables and what they promise; `check` every limit again; `store` a plan on disk; `questions` a brief for who has no data;
`calendar` its days and `calendar_check` those again; `outputs` what leaves it, with `links`, `pages` and `workbook`.
"""

from mktlib.planning.brief import Brief
from mktlib.planning.form import write_form
from mktlib.planning.narrow import shortlist
from mktlib.planning.plan import CampaignPlan, load_plan, plan_campaign
from mktlib.planning.questions import Question, brief_from_answers, questions
from mktlib.planning.reading import brief_from_text, read_brief
from mktlib.planning.template import brief_template

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
    "write_form",
]
