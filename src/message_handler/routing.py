"""Which agents a question is for, by its words. Pure.

Costs and forecasts go to the cost agent, savings to the optimisation agent. Each clause of a question is for one of
them, for both where its words are of both, or says nothing; a question of which no clause says anything goes to both.
"""

import re

from finops_websocket.agents import AgentCatalogue


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


_CLAUSE_ENDS = re.compile(r"[?!;:,]|\.(?!\w)|\b(?:and|also|plus|then|but)\b", re.IGNORECASE)
# Costs, though a word of savings is in it: what was saved against list prices is added up, not found.
_SAVED = _words(
    r"sav(?:ings?|ed?)\b.{0,60}\b(?:list (?:prices?|costs?|rates?)"
    r"|(?:against|versus|vs|over|compared \w+) (?:list|on-?demand))"
    r"|(?:did|have|has) (?:we|i|it) save[ds]?|(?:we|i) saved|(?:reali[sz]ed|achieved) savings|savings rate"
    r"|(?:excluding|except|without|before|after|net of) savings"
)
# What only the advisor answers, whatever else the clause says: "how much do idle addresses cost".
_FINDINGS = _words(
    r"idle|idling|unattached|not attached|not in use|orphan\w*|un-?used|under-?used|(?:un|under|over)-?utili[sz]ed"
    r"|wast\w+|utili[sz]ation|coverage|covered by|should (?:we|i) commit|could be committed|on[- ]demand usage"
    r"|(?:old|older|previous|prior|legacy|outdated) (?:\w+ )?generations?|snapshots?|fast growth"
    r"|(?:cross|inter)[- ]?(?:zone|az)|between (?:zones|azs)|right-?siz\w+|over-?provisioned"
)
_SAVE = _words(
    r"sav(?:e|es|ing|ings)|optimi[sz]\w*|reduc(?:e|es|ing|tions?)|cut|cuts|cutting|lower (?:my|our|the)"
    r"|(?:spend|pay) less|cheaper|recommend\w*|advi[cs]\w+|advisor|tips|opportunit\w+"
)
_COMMITMENTS = _words(
    r"commitments?|savings[ -]plans?|reserved|reservations?|committed[ -]use(?: discounts?)?|CUDs?|RIs?|SPs?"
)
_COMMIT = _words(r"should|buy|buying|worth|renew\w*|need|more|expir\w+|unneeded|cover(?:s|ed|ing)?|enough")
# What asks for an amount, a change or a forecast.
_COST = _words(
    r"spent|paid|billed|billing|invoic\w+|charged|tax(?:es)?|vat|credits?|refunds?|purchases?|fees?"
    r"|quantit\w+|consum\w+|how (?:much|many)|(?:did|does|was|were|has|have|will|would)\b.{0,60}\b(?:cost|spend|pay)"
    r"|[GMTP]i?B(?:[ -]?(?:months?|hours?|days?))?|gigabytes?|terabytes?|hours"
    r"|forecast\w*|predict\w*|project(?:ed|ions?)|expect\w*|outlook|estimat\w+|budget\w*|run[ -]?rates?|year[ -]end"
    r"|compar\w+|versus|vs|against|differ\w+|chang\w+|trend\w*|growth|grew|grow\w*|year over year|yoy|mom"
    r"|rose|ris(?:e|es|en|ing)|fell|fall\w*|dropp?\w*|increas\w+|decreas\w+|went (?:up|down)|go(?:ne|ing)? (?:up|down)"
    r"|drivers?|drove|spik\w+|anomal\w+|unusual\w*|outliers?|average\w*|mean|shares?|percent\w*|per cent"
    r"|un-?tagged|amorti[sz]ed|effective|unblended|blended|list (?:costs?|prices?)|contracted|discounts?"
    r"|so far|to date|ytd|mtd"
)
# A cost where the clause has no word of savings, else what is saved: "reduce my costs", "the biggest savings".
_SPEND = _words(
    r"costs?|costing|spend|spending|bills?|charges?|expens\w+|money|pay|paying|prices?|usage|totals?|sum|break ?down"
    r"|by (?:service|region|account|project|provider|resource|tag|team|day|week|month|quarter|year)"
    r"|top \d+|highest|lowest|biggest|largest|cheapest|dearest|bottom \d+"
)
# A time alone asks for what it cost.
_TIME = _words(
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|20\d\d|[qh][1-4]|yesterday|(?:days?|weeks?|months?|quarters?|half|years?)"
)


def agents_for(query: str, catalogue: AgentCatalogue) -> tuple[str, ...]:
    """Choose the agents for a question; there is always at least one."""
    clauses = [_is_about(clause) for clause in _CLAUSE_ENDS.split(query)]
    is_about_cost = any(cost for cost, _ in clauses)
    is_about_savings = any(savings for _, savings in clauses)
    if is_about_cost and not is_about_savings:
        return (catalogue.cost_analysis,)
    if is_about_savings and not is_about_cost:
        return (catalogue.optimisation,)
    return (catalogue.cost_analysis, catalogue.optimisation)


def _is_about(clause: str) -> tuple[bool, bool]:
    """Whether a clause is about costs, and whether about savings."""
    if _SAVED.search(clause):
        return True, False
    if _FINDINGS.search(clause):
        return False, True
    rest = _COMMITMENTS.sub(" ", clause)  # its "savings" and "reserved" are a name, which says nothing by itself
    asks_cost, asks_savings = _COST.search(rest) is not None, _SAVE.search(rest) is not None
    if rest != clause and _COMMIT.search(rest):
        asks_savings = True
    if not asks_cost and not asks_savings:
        asks_cost = _SPEND.search(rest) is not None or (rest == clause and _TIME.search(clause) is not None)
    return asks_cost, asks_savings
