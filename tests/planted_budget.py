"""What a sample company's campaigns really bring, and its arms, by planted
personas: the frames of the warehouse without the warehouse.

The truth is the planted lift times what an order of the persona leaves, and
knows nothing of the estimator. Orders and touches are the delivered ones,
their faults left out as the input layer would.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd

from ml.synthetic import SampleCompany

MONTHS = 12
WINDOW_DAYS = 14

_PREPARED = """
create temp table sold as
with

lines as (
    select order_id, product_id, quantity * unit_price
        - case when line_type = 'sale' then coalesce(discount_amount, 0)
            else 0 end as amount, quantity
    from order_lines
    where order_line_id is not null and line_type in ('sale', 'return')
    qualify row_number() over (partition by order_line_id) = 1
),

costs as (
    select product_id, any_value(unit_cost) as unit_cost
    from products group by product_id
),

amounts as (
    select order_id, sum(amount) as net_amount,
        sum(amount) filter (unit_cost is not null) as costed_net_amount,
        sum(quantity * unit_cost) as cost_amount
    from lines left join costs using (product_id) group by order_id
)

select o.order_id, o.customer_id, o.ordered_at,
    o.net_amount::double as net_amount,
    coalesce(o.costed_net_amount, 0)::double as costed_net_amount,
    (coalesce(o.costed_net_amount, 0) - coalesce(o.cost_amount, 0))::double
        as margin_amount
from (
    select orders.order_id, orders.customer_id, orders.ordered_at,
        amounts.net_amount, amounts.costed_net_amount, amounts.cost_amount
    from orders inner join amounts using (order_id)
    where orders.order_id is not null and orders.customer_id is not null
    and orders.status <> 'cancelled'
    qualify row_number() over (partition by orders.order_id) = 1
) as o;

create temp table persons as
select t.touch_id, t.campaign_id, t.customer_id, t.touched_at,
    case when t.is_held_out then 'held_out' else 'treated' end as arm,
    max_by(s.persona, s.valid_from)::varchar as persona_id
from touches as t
inner join stays as s
    on s.customer_id = t.customer_id and s.valid_from <= t.touched_at
where t.campaign_id <> 'C99'
group by t.touch_id, t.campaign_id, t.customer_id, t.touched_at,
    t.is_held_out
qualify row_number() over (
    partition by t.campaign_id, t.customer_id order by t.touch_id
) = 1;
"""

_ARMS = """
with

bought as (
    select p.touch_id, count(*) as orders, sum(net_amount) as net,
        sum(costed_net_amount) as costed, sum(margin_amount) as margin
    from persons as p inner join sold as s
        on s.customer_id = p.customer_id and s.ordered_at >= p.touched_at
        and s.ordered_at < p.touched_at + to_days($days)
    group by p.touch_id
)

select p.campaign_id::varchar as campaign_id,
    any_value(c.channel)::varchar as channel, p.persona_id, p.arm,
    'USD' as currency, count(*) as count_customers,
    0 as count_open_windows, count(b.touch_id) as count_converted,
    coalesce(sum(orders), 0) as count_orders,
    coalesce(sum(orders * orders), 0) as sum_squared_orders,
    coalesce(sum(net), 0) as sum_net_amount,
    coalesce(sum(net * net), 0) as sum_squared_net_amount,
    coalesce(sum(costed), 0) as sum_costed_net_amount,
    coalesce(sum(margin), 0) as sum_margin_amount,
    coalesce(sum(margin * margin), 0) as sum_squared_margin_amount,
    true as is_window_complete
from persons as p
inner join (
    select distinct on (campaign_id) * from campaigns
) as c using (campaign_id)
left join bought as b using (touch_id)
group by p.campaign_id, p.persona_id, p.arm
order by all
"""


@dataclass(frozen=True)
class PlantedBudget:
    """A company as the planner sees it, and what is true of it.

    Attributes
    ----------
    arms : DataFrame
        As ``int_campaign_arms``, spend_amount included.
    spend : DataFrame
        As ``int_budget_spend``: money of the last 12 months per persona and
        channel.
    truth : Series
        Incremental margin per unit of money, by (persona_id, channel): the
        planted lifts of the channel's campaigns, each customer treated
        counting alike, times the margin of an order, less nothing.
    """

    arms: pd.DataFrame
    spend: pd.DataFrame
    truth: pd.Series


def planted_budget(company: SampleCompany) -> PlantedBudget:
    """Return what the planner sees of a company, and the truth."""
    entities = company.entities
    with duckdb.connect() as connection:
        for name, entity in {
            "touches": "campaign_touches",
            "orders": "orders",
            "order_lines": "order_lines",
            "products": "products",
            "campaigns": "campaigns",
        }.items():
            connection.register(name, entities[entity])
        connection.register("stays", company.truth["customer_personas"])
        connection.execute("set threads = 1")
        for statement in _PREPARED.split(";"):
            if statement.strip():
                connection.execute(statement)
        arms = connection.execute(_ARMS, {"days": WINDOW_DAYS}).df()
        margins = connection.execute(
            "select persona_id, avg(margin_amount) as margin from sold "
            "inner join (select customer_id, "
            "max_by(persona, valid_from)::varchar as persona_id from stays "
            "group by customer_id) using (customer_id) group by persona_id"
        ).df()
    money = entities["marketing_spend"].astype(
        {"campaign_id": str, "channel": str}
    )
    arms["spend_amount"] = _shared_out(
        arms, money.groupby("campaign_id")["amount"].sum()
    )
    return PlantedBudget(
        arms,
        _last_year(arms, money),
        _truth(company, arms, margins.set_index("persona_id")["margin"]),
    )


def true_margin(
    plan: pd.Series, today: pd.Series, truth: pd.Series, *, doubling_adds: float
) -> float:
    """Return the incremental margin a plan really brings.

    Parameters
    ----------
    plan, today : Series
        Money by (persona_id, channel).
    truth : Series
        Incremental margin per unit of money at today's amounts.
    doubling_adds : float
        Which part of today's effect twice the money adds, 0-1; 1 is the law
        of the sample company itself, whose customers answer one by one.
    """
    times = (plan / today.where(today > 0)).fillna(0)
    if doubling_adds < 1:
        grown = (1 - doubling_adds**times) / (1 - doubling_adds)
    else:
        grown = times
    return float((truth.reindex(today.index).fillna(0) * today * grown).sum())


def _shared_out(arms: pd.DataFrame, spend: pd.Series) -> pd.Series:
    treated = arms["count_customers"].where(arms["arm"] == "treated", 0)
    whole = treated.groupby(arms["campaign_id"]).transform("sum")
    return arms["campaign_id"].map(spend) * treated / whole


def _last_year(arms: pd.DataFrame, money: pd.DataFrame) -> pd.DataFrame:
    end = money["spend_date"].max().to_period("M").end_time
    recent = money[money["spend_date"] > end - pd.DateOffset(months=MONTHS)]
    of_campaigns = recent.groupby("campaign_id")["amount"].sum()
    touched = arms[arms["arm"] == "treated"]
    touched = touched.assign(
        amount=_shared_out(touched, of_campaigns).fillna(0)
    )
    by_persona = touched.groupby(["persona_id", "channel"])["amount"].sum()
    rest = recent[~recent["campaign_id"].isin(set(touched["campaign_id"]))]
    by_channel = rest.groupby("channel")["amount"].sum()
    return pd.concat(
        [
            by_persona.reset_index(),
            by_channel.reset_index().assign(persona_id="all"),
        ],
        ignore_index=True,
    ).rename(columns={"amount": "spend_amount"})


def _truth(
    company: SampleCompany, arms: pd.DataFrame, margins: pd.Series
) -> pd.Series:
    lift = company.truth["campaign_lift"].astype(
        {"campaign_id": str, "persona": str}
    )
    spend = arms.groupby("campaign_id")["spend_amount"].sum()
    treated = lift.groupby("campaign_id")["count_treated"].sum()
    channel = arms.groupby("campaign_id")["channel"].first()
    lift = lift.assign(
        channel=lift["campaign_id"].map(channel),
        won=lift["lift"] * lift["persona"].map(margins) * lift["count_treated"],
        cost=lift["count_treated"] * lift["campaign_id"].map(spend / treated),
    )
    cells = lift.groupby(["persona", "channel"])[["won", "cost"]].sum()
    cells.index = cells.index.rename(["persona_id", "channel"])
    return cells["won"] / cells["cost"].where(cells["cost"] > 0, np.nan)
