"""Cohorts, affinities and journeys recomputed in pandas, from definitions.

What is read of the warehouse is the input layer, and who is in which persona.
Journeys are walked customer by customer, shares are compared with SciPy's own
functions, variances are sums over customers and not moments.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from homes import Home
from scipy import stats
from scorecard import UNASSIGNED, Scorecard

WINDOW_MONTHS = 24
GAP = pd.Timedelta(days=30)
PATH = ["first_touch", "middle_touch", "last_touch"]


class Affinities:
    """What the tables of a home should say."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.card = Scorecard(home, "today")

    @cached_property
    def begin(self) -> pd.Timestamp:
        first = self.card.as_of.replace(day=1)
        return first - pd.DateOffset(months=WINDOW_MONTHS - 1)

    @cached_property
    def orders(self) -> pd.DataFrame:
        orders = self.card.orders
        amount = orders["gross"] - orders["off"] - orders["back"]
        return orders.assign(
            amount=amount,
            channel=orders["channel"].fillna("unknown"),
            is_recent=orders["ordered_at"] >= self.begin,
        )

    @cached_property
    def recent(self) -> pd.DataFrame:
        return self.orders[self.orders["is_recent"]]

    @cached_property
    def sessions(self) -> pd.DataFrame:
        found = self.card.entity("web_sessions", "started_at")
        found = found[found["started_at"] >= self.begin]
        source = found["traffic_source"].fillna("unknown")
        persona = found["customer_id"].map(self.card.today)
        return found.assign(
            traffic_source=source, persona_id=persona.fillna(UNASSIGNED)
        )

    # -- cohorts -------------------------------------------------------------

    def cohorts(self, basis: str, months: int, age: int) -> pd.DataFrame:
        """Return all ages of all cohorts, lived through or not."""
        card = Scorecard(self.home, basis)
        orders = self.orders[self.orders["customer_id"].notna()]
        bought = orders[orders["is_purchase"]]
        first = bought.groupby("customer_id")["month"].min()
        customers = pd.Series(first.index, first.index.rename("of"))
        first = first.rename_axis("of")
        frame = pd.DataFrame(
            {
                "first": first,
                "persona_id": card.personas(customers, first),
                "cohort": [_block(one, months) for one in first],
            }
        )
        orders = orders[orders["customer_id"].isin(frame.index)]
        orders = orders.join(frame, on="customer_id", rsuffix="_then").copy()
        since = [
            max((month - begin).n, 0)
            for month, begin in zip(
                orders["month"], orders["first"], strict=True
            )
        ]
        orders["months_since"] = np.array(since) // age * age
        by = ["persona_id_then", "cohort", "months_since"]
        active = orders[orders["is_purchase"]].groupby(by)["customer_id"]
        sizes = frame.groupby(["persona_id", "cohort"]).size()
        found = pd.DataFrame(
            {
                "active_customers": active.nunique(),
                "count_orders": active.size(),
                "net_amount": orders.groupby(by)["amount"].sum(),
            }
        ).fillna(0)
        found.index.names = ["persona_id", "cohort", "months_since"]
        return found.join(sizes.rename("count_customers")).reset_index()

    def is_lived(self, cohort: pd.Period, months: int, until: int) -> bool:
        """Say whether the youngest of a cohort was so old by the last day."""
        youngest = cohort + months - 1
        return (youngest + until).end_time.normalize() <= self.card.as_of

    # -- products ------------------------------------------------------------

    def products(self, level: str) -> pd.DataFrame:
        """Return shares of buyers and wallets by persona and group."""
        lines = self.card.entity("order_lines").merge(
            self.card.entity("products")[
                ["product_id", "category", "subcategory"]
            ],
            how="left",
            on="product_id",
        )
        orders = self.recent.set_index("order_id")
        lines = lines[lines["order_id"].isin(orders.index)]
        lines = lines.join(
            orders[["customer_id", "persona_id", "is_purchase", "gross"]],
            on="order_id",
        )
        amount = lines["quantity"] * lines["unit_price"]
        own = lines["discount_amount"].fillna(0)
        lines["paid"] = amount.where(amount > 0, 0.0)
        lines["net"] = (
            lines["paid"]
            - own.where(amount > 0, 0.0)
            - (-amount - own).where(amount < 0, 0.0)
        )
        names = ["category", "subcategory"]
        lines[names] = lines[names].fillna("unknown")
        coupons = _shared_out(
            lines.groupby(["order_id", *names], as_index=False)["paid"].sum(),
            orders["discount_amount"].fillna(0),
        ).join(orders["persona_id"], on="order_id")
        for one in (lines, coupons):
            one["group"] = one["category"]
            if level == "subcategory":
                one["group"] += " / " + one["subcategory"]
        sold = lines[lines["is_purchase"] & (lines["line_type"] == "sale")]
        by = ["persona_id", "group"]
        found = pd.DataFrame(
            {
                "count_customers": sold.groupby(by)["customer_id"].nunique(),
                "count_orders": sold.groupby(by)["order_id"].nunique(),
                "net_amount": lines.groupby(by)["net"].sum(),
                "coupons": coupons.groupby(by)["part"].sum(),
            }
        ).fillna(0)
        found["net_amount"] -= found.pop("coupons")
        # A persona that has nothing of a group has a row all the same.
        found = found.reindex(
            pd.MultiIndex.from_product(found.index.levels, names=by),
            fill_value=0.0,
        )
        buyers = self.recent[self.recent["is_purchase"]]
        buyers = buyers.groupby("persona_id")["customer_id"].nunique()
        found = found.join(buyers.rename("count_buyers"), on="persona_id")
        wallet = found.groupby("persona_id")["net_amount"].transform("sum")
        found["penetration"] = found["count_customers"] / found["count_buyers"]
        found["wallet_share"] = found["net_amount"] / wallet
        total = found.groupby("group")["count_customers"].transform("sum")
        others = total - found["count_customers"]
        other_buyers = buyers.sum() - found["count_buyers"]
        found["others_penetration"] = others / other_buyers
        found["lift"] = found["penetration"] / found["others_penetration"]
        tails = [
            _fisher(*one)
            for one in zip(
                found["count_customers"],
                found["count_buyers"],
                others,
                other_buyers,
                strict=True,
            )
        ]
        return found.assign(p_value=tails)

    # -- channels ------------------------------------------------------------

    def channels(self, kind: str) -> pd.DataFrame:
        """Return counts and compared shares by persona and channel."""
        if kind == "order":
            events = self.recent[self.recent["is_purchase"]]
            amounts = self.recent
        elif kind == "session":
            events = self.sessions.rename(columns={"traffic_source": "channel"})
            amounts = None
        else:
            bought = self.orders[
                self.orders["is_purchase"] & self.orders["customer_id"].notna()
            ].drop_duplicates("customer_id")
            won = self.card.entity("customers").set_index("customer_id")
            won = won["acquisition_channel"]
            events = bought.assign(
                channel=bought["customer_id"].map(won).fillna("unknown"),
                persona_id=bought["customer_id"].map(self.card.today),
            )
            amounts = self.recent.assign(
                channel=self.recent["customer_id"].map(won).fillna("unknown")
            )
        by = ["persona_id", "channel"]
        parts = {
            "hits": events.groupby(by).size(),
            "count_customers": events.groupby(by)["customer_id"].nunique(),
        }
        if amounts is not None:
            parts["net_amount"] = amounts.groupby(by)["amount"].sum()
        else:
            parts["count_sessions_with_order"] = events.groupby(by)[
                "order_id"
            ].count()
        found = pd.DataFrame(parts).fillna(0)
        base = events.groupby("persona_id").size()
        found["channel_share"] = (
            found["hits"]
            / base.reindex(found.index.get_level_values(0)).to_numpy()
        )
        return found.join(_compared(events, "channel"))

    # -- journeys ------------------------------------------------------------

    @cached_property
    def walks(self) -> pd.DataFrame:
        """Return every journey, walked event by event."""
        bought = self.recent[self.recent["is_purchase"]]
        placed = bought.set_index("order_id")["ordered_at"]
        owner = bought.set_index("order_id")["customer_id"]
        known = self.sessions[self.sessions["customer_id"].notna()]
        is_own = known["order_id"].map(owner) == known["customer_id"]
        order_at = known["order_id"].map(placed).where(is_own)
        at = known["started_at"].where(
            ~(order_at < known["started_at"]), order_at
        )
        events = pd.concat(
            [
                pd.DataFrame(
                    {
                        "customer_id": known["customer_id"],
                        "at": at,
                        "kind": 0,
                        "id": known["session_id"],
                        "source": known["traffic_source"],
                        "amount": 0.0,
                    }
                ),
                pd.DataFrame(
                    {
                        "customer_id": bought["customer_id"],
                        "at": bought["ordered_at"],
                        "kind": 1,
                        "id": bought["order_id"],
                        "source": None,
                        "amount": bought["amount"],
                    }
                )[bought["customer_id"].notna()],
            ]
        ).sort_values(["customer_id", "at", "kind", "id"])
        rows = []
        for customer, own in events.groupby("customer_id", sort=False):
            sources: list[str] = []
            last = None
            for at, kind, source, amount in zip(
                own["at"], own["kind"], own["source"], own["amount"],
                strict=True,
            ):  # fmt: skip
                if last is not None and at > last + GAP:
                    rows.append((customer, last, 0, 0.0, *_path(sources)))
                    sources = []
                    last = None
                if kind == 1:
                    rows.append((customer, at, 1, amount, *_path(sources)))
                    sources = []
                    last = None
                else:
                    sources.append(source)
                    last = at
            if sources:
                rows.append((customer, last, 0, 0.0, *_path(sources)))
        return pd.DataFrame(
            rows,
            columns=[
                *("customer_id", "at", "count_orders", "net_amount"),
                *("count_sessions", *PATH),
            ],
        )

    @cached_property
    def journeys(self) -> pd.DataFrame:
        """Return those of guests and anonymous visitors too, by persona."""
        bought = self.recent[self.recent["is_purchase"]]
        guests = bought[bought["customer_id"].isna()]
        anonymous = self.sessions[self.sessions["customer_id"].isna()]
        amount = guests.set_index("order_id")["amount"]
        placed = anonymous[anonymous["order_id"].isin(amount.index)]
        first = placed.sort_values("session_id").drop_duplicates("order_id")
        is_first = anonymous["session_id"].isin(first["session_id"])
        source = anonymous["traffic_source"]
        single = pd.DataFrame(
            {
                "count_orders": is_first.astype(int),
                "net_amount": anonymous["order_id"]
                .map(amount)
                .where(is_first, 0.0),
                "count_sessions": 1,
                "first_touch": source,
                "middle_touch": "none",
                "last_touch": source,
            }
        )
        rest = guests[~guests["order_id"].isin(first["order_id"])]
        unplaced = pd.DataFrame(
            {
                "count_orders": 1,
                "net_amount": rest["amount"],
                "count_sessions": 0,
                **dict.fromkeys(PATH, "no session"),
            },
            index=rest.index,
        )
        booked = self.recent[~self.recent["is_purchase"]]
        other = pd.DataFrame(
            {
                "customer_id": booked["customer_id"],
                "count_orders": 0,
                "net_amount": booked["amount"],
                "count_sessions": 0,
                "count_journeys": 0,
                **dict.fromkeys(PATH, "no purchase"),
            },
            index=booked.index,
        )
        is_open = (self.walks["count_orders"] == 0) & (
            self.walks["at"].dt.normalize() > self.card.as_of - GAP
        )
        walks = self.walks.assign(count_open_journeys=is_open.astype(int))
        found = pd.concat([walks, single, unplaced, other], ignore_index=True)
        found["count_journeys"] = found["count_journeys"].fillna(1)
        found["count_open_journeys"] = found["count_open_journeys"].fillna(0)
        persona = found["customer_id"].map(self.card.today)
        return found.assign(persona_id=persona.fillna(UNASSIGNED))

    def paths(self, named: set[tuple[str, str, str]]) -> pd.DataFrame:
        """Return the journeys by persona and path, where these are told."""
        found = self.journeys.copy()
        whole = found[PATH].apply(tuple, axis=1)
        ends = pd.Series(
            [("other", "other", one) for one in found["last_touch"]],
            found.index,
        )
        path = whole.where(whole.isin(named), ends)
        path = path.where(path.isin(named), ("other", "other", "other"))
        found["path"] = [" / ".join(one) for one in path]
        by = found.groupby(["persona_id", "path"])
        sums = by[
            [
                *("count_journeys", "count_open_journeys", "count_sessions"),
                *("count_orders", "net_amount"),
            ]
        ].sum()
        sums["count_customers"] = by["customer_id"].nunique()
        for name in ("sessions", "orders"):
            total = sums[f"count_{name}"].groupby("persona_id").transform("sum")
            sums[f"{name[:-1]}_share"] = sums[f"count_{name}"] / total
        purchases = found[found["count_orders"] == 1]
        return sums.join(_compared(purchases, "path"))


def _block(month: pd.Period, months: int) -> pd.Period:
    place = month.year * 12 + month.month - 1
    return month - place % months if months < 12 else month - (month.month - 1)


def _shared_out(items: pd.DataFrame, coupons: pd.Series) -> pd.DataFrame:
    """Share coupons out to the parts of an order by what was paid for them.

    To 1/10,000, what is left to the largest part.
    """
    items = items.sort_values(
        ["order_id", "paid", "category", "subcategory"],
        ascending=[True, False, True, True],
    )
    coupon = coupons.reindex(items["order_id"]).to_numpy()
    by = items["order_id"]
    whole = items.groupby(by)["paid"].transform("sum")
    part = np.floor(coupon * items["paid"] / whole * 1e4 + 0.5) / 1e4
    items["part"] = part.where(whole > 0, 0.0)
    rest = coupon - items.groupby(by)["part"].transform("sum")
    items["part"] += rest.where(~by.duplicated(), 0.0)
    return items


def _path(sources: list[str]) -> tuple[int, str, str, str]:
    if not sources:
        return (0, *("no session",) * 3)
    between = set(sources[1:-1])
    middle = "none" if not between else "several"
    if len(between) == 1:
        (middle,) = between
    return len(sources), sources[0], middle, sources[-1]


def _fisher(own: float, of: float, other: float, other_of: float) -> float:
    table = [[own, of - own], [other, other_of - other]]
    if not of or not other_of:
        return np.nan
    below = stats.fisher_exact(table, alternative="less").pvalue
    above = stats.fisher_exact(table, alternative="greater").pvalue
    return min(1.0, 2 * min(below, above))


def _compared(events: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return each persona's share of known events, against all others'."""
    known = events[events["customer_id"].notna()]
    table = known.pivot_table(
        index=["persona_id", "customer_id"],
        columns=column,
        aggfunc="size",
        fill_value=0,
    )
    base = table.sum(axis=1)
    is_in = table.index.get_level_values(0)
    rows = {}
    for persona in sorted(set(is_in) - {UNASSIGNED}):
        own, others = is_in == persona, is_in != persona
        for value in table:
            share, variance = _ratio(table.loc[own, value], base[own])
            other, other_variance = _ratio(
                table.loc[others, value], base[others]
            )
            error = np.sqrt(variance + other_variance)
            rows[persona, value] = {
                "others_share": other,
                "lift": share / other if other else np.nan,
                "p_value": float(2 * stats.norm.sf(abs(share - other) / error))
                if error
                else float(share == other),
            }
    found = pd.DataFrame.from_dict(rows, orient="index")
    found.index.names = ["persona_id", column]
    return found


def _ratio(hits: pd.Series, base: pd.Series) -> tuple[float, float]:
    """Return a ratio of sums and its variance between customers."""
    share = hits.sum() / base.sum()
    residual = hits - share * base
    count = len(base)
    return share, (residual**2).sum() / base.sum() ** 2 * count / (count - 1)
