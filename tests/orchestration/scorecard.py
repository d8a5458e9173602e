"""The scorecard recomputed in pandas, from the definitions.

What is read of the warehouse is the input layer, and who was in which persona;
everything else is done again here: amounts from the lines, lapses customer by
customer, stocks by looking at every month-end, spend by its shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from homes import Home

KEYS = ["persona_id", "month"]
UNASSIGNED = "unassigned"
COMPLAINTS = {
    *("account_access", "coupon_not_working", "damaged_item", "late_delivery"),
    *("missing_item", "payment_problem", "refund_delay", "wrong_size"),
}


@dataclass(frozen=True)
class Scorecard:
    """The scorecard of a home on one basis, month or today."""

    home: Home
    basis: str

    @cached_property
    def as_of(self) -> pd.Timestamp:
        sql = "select as_of_date from intermediate.int_as_of_date"
        return pd.Timestamp(self.home.rows(sql)[0][0])

    @property
    def last_month(self) -> pd.Period:
        return pd.Period(self.as_of, "M")

    def entity(self, name: str, time: str | None = None) -> pd.DataFrame:
        """Return the loaded rows of an entity, until the day of analysis."""
        frame = self.home.frame(f"from input_layer.input_layer__{name}")
        if time is None:
            return frame
        happened = pd.to_datetime(frame[time])
        frame = frame.assign(month=happened.dt.to_period("M"))
        return frame[happened < self.as_of + pd.Timedelta(days=1)]

    @cached_property
    def today(self) -> pd.Series:
        frame = self.home.frame(
            "select customer_id, persona_id from marts.customer_personas"
        )
        return frame.set_index("customer_id")["persona_id"]

    @cached_property
    def month_ends(self) -> pd.DataFrame:
        frame = self.home.frame(
            "select customer_id, month_end, persona_id "
            "from marts.customer_persona_months where is_in_force"
        )
        ends = pd.to_datetime(frame.pop("month_end"))
        place = ends.dt.year * 12 + ends.dt.month
        frame["place"] = place.astype("int64")
        return frame.sort_values("place")

    def personas(self, customer: pd.Series, month: pd.Series) -> pd.Series:
        """Return whose figures those of a customer in a month are."""
        today = customer.map(self.today)
        if self.basis == "today" or self.month_ends.empty:
            return today.fillna(UNASSIGNED)
        asked = pd.DataFrame(
            {
                "customer_id": customer.astype("str"),
                "place": month.dt.year * 12 + month.dt.month,
                "row": np.arange(len(customer)),
            }
        ).sort_values("place")
        known = self.month_ends.astype({"customer_id": "str"})
        found = pd.merge_asof(asked, known, on="place", by="customer_id")
        found = found.set_index("row")["persona_id"].sort_index()
        found.index = customer.index
        has_history = customer.isin(self.month_ends["customer_id"])
        is_running = month == self.last_month
        found = found.where(has_history | ~is_running, today)
        return found.where(customer.notna()).fillna(UNASSIGNED)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Return the counted orders with their amounts and persona."""
        orders = self.entity("orders", "ordered_at")
        status = orders["status"].fillna("completed")
        orders = orders[~status.isin(["cancelled", "pending"])]
        lines = self.entity("order_lines").merge(
            self.entity("products")[["product_id", "unit_cost"]],
            how="left",
            on="product_id",
        )
        amount = lines["quantity"] * lines["unit_price"]
        is_sale, is_back = amount > 0, amount < 0
        off = lines["discount_amount"].fillna(0)
        lines["gross"] = amount.where(is_sale, 0.0)
        lines["off"] = off.where(is_sale, 0.0)
        lines["back"] = (-amount - off).where(is_back, 0.0)
        lines["items"] = lines["quantity"].where(
            lines["line_type"] == "sale", 0
        )
        lines["sale"] = lines["gross"].where(lines["line_type"] == "sale", 0)
        lines["cost"] = (lines["quantity"] * lines["unit_cost"]).where(
            lines["line_type"] != "adjustment"
        )
        is_known = lines["cost"].notna()
        lines["net"] = (lines["gross"] - lines["off"] - lines["back"]).where(
            is_known, 0.0
        )
        lines["known_gross"] = lines["gross"].where(is_known, 0.0)
        columns = ["gross", "off", "back", "items", "sale", "cost", "net"]
        sums = lines.groupby("order_id")[[*columns, "known_gross"]].sum()
        orders = orders.join(sums, on="order_id")
        orders[list(sums)] = orders[list(sums)].fillna(0)
        coupon = orders["discount_amount"].fillna(0)
        part = orders["known_gross"] / orders["gross"].where(
            orders["gross"] > 0
        )
        orders["net"] -= coupon * part.fillna(0)
        orders["off"] += coupon
        orders["is_purchase"] = orders["sale"] > 0
        orders["persona_id"] = self.personas(
            orders["customer_id"], orders["month"]
        )
        return orders

    @cached_property
    def purchases(self) -> pd.DataFrame:
        """Return the purchases of known customers, in order of time."""
        bought = self.orders[
            self.orders["is_purchase"] & self.orders["customer_id"].notna()
        ].sort_values(["customer_id", "ordered_at", "order_id"])
        day = bought["ordered_at"].dt.normalize()
        before = day.groupby(bought["customer_id"]).shift()
        return bought.assign(day=day, gap=(day - before).dt.days)

    def sums(self) -> pd.DataFrame:
        """Return all that adds up, by persona and month."""
        parts = [
            *(self._of_orders(), self._of_lapses(), self._of_sessions()),
            *(self._of_contacts(), self._of_spend()),
        ]
        found = pd.concat(parts, axis=1).fillna(0.0)
        return found.rename_axis(KEYS)

    def _of_orders(self) -> pd.DataFrame:
        orders, bought = self.orders, self.purchases
        by = orders.groupby(KEYS)
        found = pd.DataFrame(
            {
                "gross_amount": by["gross"].sum(),
                "discount_amount": by["off"].sum(),
                "return_amount": by["back"].sum(),
                "costed_net_amount": by["net"].sum(),
                "cost_amount": by["cost"].sum(),
                "count_orders": by["is_purchase"].sum(),
                "count_items": orders[orders["is_purchase"]]
                .groupby(KEYS)["items"]
                .sum(),
                "count_order_gaps": bought.groupby(KEYS)["gap"].count(),
                "sum_gap_days": bought.groupby(KEYS)["gap"].sum(),
            }
        )
        active = bought.drop_duplicates(["customer_id", "month"])
        first = active.groupby("customer_id")["month"].transform("min")
        pairs = set(zip(active["customer_id"], active["month"], strict=True))
        kept = [
            (customer, month - 1) in pairs
            for customer, month in zip(
                active["customer_id"], active["month"], strict=True
            )
        ]
        found["active_customers"] = active.groupby(KEYS).size()
        is_new = active["month"] == first
        found["new_customers"] = active[is_new].groupby(KEYS).size()
        found["repeat_customers"] = active[~is_new].groupby(KEYS).size()
        found["retained_customers"] = active[kept].groupby(KEYS).size()
        later = active[["customer_id"]].assign(month=active["month"] + 1)
        later = later[later["month"] <= self.last_month]
        later["persona_id"] = self.personas(
            later["customer_id"], later["month"]
        )
        before = later.groupby(KEYS).size().rename("previous_active_customers")
        return found.join(before, how="outer")

    @cached_property
    def expected_gaps(self) -> pd.Series:
        """Return within how many days nine of ten returns come."""
        gaps = self.purchases.query("gap > 0")
        persona = gaps["customer_id"].map(self.today)
        all_ids = {*self.today, *self.month_ends["persona_id"], UNASSIGNED}
        whole = np.quantile(gaps["gap"], 0.9)
        return pd.Series(
            {
                one: np.ceil(
                    np.quantile(own, 0.9)
                    if len(own := gaps.loc[persona == one, "gap"]) >= 30
                    else whole
                )
                for one in all_ids
            }
        )

    def _of_lapses(self) -> pd.DataFrame:
        bought = self.purchases.drop_duplicates(["customer_id", "day"])
        following = bought.groupby("customer_id")["day"].shift(-1)
        first = bought.groupby("customer_id")["month"].min()
        found = {}
        for suffix in ("", "_90_days"):
            gap = (
                bought["persona_id"].map(self.expected_gaps)
                if not suffix
                else pd.Series(90.0, bought.index)
            )
            out = bought["day"] + pd.to_timedelta(gap + 1, unit="D")
            is_out = (out <= self.as_of) & ~(following < out)
            lapses = pd.DataFrame(
                {
                    "customer_id": bought["customer_id"],
                    "out": out.dt.to_period("M"),
                    "back": following.dt.to_period("M"),
                }
            )[is_out]
            for name, column in (("churned", "out"), ("reactivated", "back")):
                flow = lapses[lapses[column].notna()].rename(
                    columns={column: "month"}
                )
                persona = self.personas(flow["customer_id"], flow["month"])
                by = [persona.rename("persona_id"), flow["month"]]
                found[f"{name}_customers{suffix}"] = flow.groupby(by).size()
            found[f"lapsed_customers{suffix}"] = self._stock(
                [
                    set(
                        lapses.loc[
                            (lapses["out"] <= month)
                            & ~(lapses["back"] <= month),
                            "customer_id",
                        ]
                    )
                    for month in self.months
                ]
            )
        found["count_customers"] = self._stock(
            [set(first.index[first <= month]) for month in self.months]
        )
        return pd.DataFrame(found)

    @property
    def months(self) -> pd.PeriodIndex:
        start = self.orders["month"].min()
        return pd.period_range(start, self.last_month, freq="M")

    def _stock(self, members: list[set[str]]) -> pd.Series:
        frame = pd.DataFrame(
            [
                (customer, month)
                for month, ids in zip(self.months, members, strict=True)
                for customer in ids
            ],
            columns=["customer_id", "month"],
        ).astype({"month": "period[M]"})
        frame["persona_id"] = self.personas(
            frame["customer_id"], frame["month"]
        )
        return frame.groupby(KEYS).size()

    def _of_sessions(self) -> pd.DataFrame:
        sessions = self.entity("web_sessions", "started_at")
        sessions["persona_id"] = self.personas(
            sessions["customer_id"], sessions["month"]
        )
        by = sessions.groupby(KEYS)
        return pd.DataFrame(
            {
                "count_sessions": by.size(),
                "count_sessions_with_order": by["order_id"].count(),
                "visitors": by["customer_id"].nunique(),
            }
        )

    def _of_contacts(self) -> pd.DataFrame:
        tickets = self.entity("support_tickets", "opened_at")
        answers = self.entity("survey_responses", "answered_at").merge(
            self.entity("survey_questions")[["question_id", "construct"]],
            on="question_id",
        )
        touches = self.entity("campaign_touches", "touched_at").merge(
            self.entity("campaigns")[["campaign_id", "channel"]],
            on="campaign_id",
        )
        touches = touches[~touches["is_held_out"].astype(bool)]
        last = (
            self.orders[self.orders["is_purchase"]]
            .groupby(["customer_id", "campaign_id"])["ordered_at"]
            .max()
            .rename("last")
        )
        touches = touches.join(last, on=["customer_id", "campaign_id"])
        for frame in (tickets, answers, touches):
            frame["persona_id"] = self.personas(
                frame["customer_id"], frame["month"]
            )
        nps = answers[answers["construct"] == "nps"].dropna(
            subset="answer_number"
        )
        csat = answers[answers["construct"] == "csat"]
        scores = pd.concat(
            [
                csat[[*KEYS, "answer_number"]].rename(
                    columns={"answer_number": "score"}
                ),
                tickets[[*KEYS, "csat"]].rename(columns={"csat": "score"}),
            ]
        ).dropna()
        scores["score"] = scores["score"].astype(float)
        by_ticket, by_touch = tickets.groupby(KEYS), touches.groupby(KEYS)
        first = (tickets["first_response_at"] - tickets["opened_at"]).dt
        whole = (tickets["resolved_at"] - tickets["opened_at"]).dt
        keys = [tickets["persona_id"], tickets["month"]]
        is_email = touches["channel"] == "email"
        return pd.DataFrame(
            {
                "count_tickets": by_ticket.size(),
                "count_complaints": tickets[
                    tickets["category"].isin(COMPLAINTS)
                ]
                .groupby(KEYS)
                .size(),
                "count_first_responses": by_ticket["first_response_at"].count(),
                "sum_first_response_seconds": first.total_seconds()
                .groupby(keys)
                .sum(),
                "count_resolutions": by_ticket["resolved_at"].count(),
                "sum_resolution_seconds": whole.total_seconds()
                .groupby(keys)
                .sum(),
                "count_csat_answers": scores.groupby(KEYS).size(),
                "sum_csat_answers": scores.groupby(KEYS)["score"].sum(),
                "count_satisfied_answers": scores[scores["score"] >= 4]
                .groupby(KEYS)
                .size(),
                "count_nps": nps.groupby(KEYS).size(),
                "count_promoters": nps[nps["answer_number"] >= 9]
                .groupby(KEYS)
                .size(),
                "count_detractors": nps[nps["answer_number"] <= 6]
                .groupby(KEYS)
                .size(),
                "touched_customers": by_touch["customer_id"].nunique(),
                "count_touches": by_touch.size(),
                "count_opens": by_touch["opened_at"].count(),
                "count_clicks": by_touch["clicked_at"].count(),
                "count_responses": touches[
                    touches["last"] >= touches["touched_at"]
                ]
                .groupby(KEYS)
                .size(),
                "count_email_touches": touches[is_email].groupby(KEYS).size(),
                "count_email_opens": touches[is_email]
                .groupby(KEYS)["opened_at"]
                .count(),
            }
        )

    def _of_spend(self) -> pd.DataFrame:
        spend = self.entity("marketing_spend", "spend_date")
        campaigns = self.entity("campaigns").set_index("campaign_id")
        objective = spend["campaign_id"].map(campaigns["objective"])
        spend["acquires"] = objective.fillna("acquisition") == "acquisition"
        touches = self.entity("campaign_touches")
        touches = touches[~touches["is_held_out"].astype(bool)]
        touches["month"] = touches["touched_at"].dt.to_period("M")
        touches["persona_id"] = self.personas(
            touches["customer_id"], touches["month"]
        )
        first = self.purchases.drop_duplicates("customer_id")
        channel = self.entity("customers").set_index("customer_id")
        first = first.assign(
            channel=first["customer_id"].map(channel["acquisition_channel"])
        )
        rows = []
        whole = spend.groupby(["month", "channel", "campaign_id", "acquires"])
        for (month, name, campaign, acquires), amount in (
            whole["amount"].sum().items()
        ):
            treated = touches[touches["campaign_id"] == campaign]
            brought = first[
                (first["channel"] == name) & (first["month"] == month)
            ]
            if len(treated):
                weights = treated["persona_id"].value_counts()
            elif len(brought):
                weights = brought["persona_id"].value_counts()
            else:
                weights = pd.Series({UNASSIGNED: 1})
            until = weights.sort_index().cumsum()
            units = round(float(amount) * 10_000)
            ends = [units * int(w) // int(weights.sum()) for w in until]
            parts = np.diff([0, *ends]) / 10_000
            for persona, part in zip(until.index, parts, strict=True):
                rows.append((persona, month, acquires, part))
        frame = pd.DataFrame(rows, columns=[*KEYS, "acquires", "amount"])
        return pd.DataFrame(
            {
                "marketing_spend": frame.groupby(KEYS)["amount"].sum(),
                "acquisition_spend": frame[frame["acquires"]]
                .groupby(KEYS)["amount"]
                .sum(),
            }
        )
