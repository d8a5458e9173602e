"""What the warehouse should say of the sample company, in pandas.

Written from the definitions, not from the SQL: the faults are taken out of the
delivered frames, everything else is a sum over what is left. Money is whole
cents in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.synthetic import SampleCompany

KEYS = {
    "customers": ["customer_id"],
    "products": ["product_id"],
    "orders": ["order_id"],
    "order_lines": ["order_line_id"],
    "web_sessions": ["session_id"],
}
WINDOW_MONTHS = 24


@dataclass(frozen=True)
class Recomputed:
    """The company without its faults; orders carry their amounts in cents."""

    tables: Mapping[str, pd.DataFrame]
    as_of: pd.Timestamp

    @classmethod
    def of(cls, company: SampleCompany) -> Recomputed:
        """Take the faults out and add up the order lines."""
        tables = {
            entity: frame.copy() for entity, frame in company.entities.items()
        }
        for entity, key in KEYS.items():
            found = tables[entity].dropna(subset=key)
            tables[entity] = found.drop_duplicates(key, keep="last")
        for entity, column in (
            ("orders", "ordered_at"),
            ("web_sessions", "started_at"),
        ):
            found = tables[entity]
            tables[entity] = found[found[column].dt.year < 2090]
        born = tables["customers"]["birth_date"].astype("object")
        possible = born.isna() | born.between("1900-01-01", "2026-06-30")
        tables["customers"] = tables["customers"][possible]
        touches = tables["campaign_touches"]
        is_known = touches["campaign_id"].isin(
            tables["campaigns"]["campaign_id"]
        )
        tables["campaign_touches"] = touches[is_known]
        lines = tables["order_lines"]
        lines = lines[
            (lines["unit_price"] >= 0)
            & lines["order_id"].isin(tables["orders"]["order_id"])
        ]
        tables["order_lines"] = lines.assign(
            amount=lines["quantity"] * cents(lines["unit_price"]),
            discount=cents(lines["discount_amount"]),
            is_sale=lines["quantity"] > 0,
        )
        tables["orders"] = _with_amounts(
            tables["orders"], tables["order_lines"]
        )
        as_of = tables["orders"]["ordered_at"].max().normalize()
        return cls(tables, as_of)

    def features(self, as_of: pd.Timestamp | None = None) -> pd.DataFrame:
        """Return features of the customers who had bought by a day.

        Parameters
        ----------
        as_of : Timestamp, optional
            Last day that is known; the company's last by default.

        Returns
        -------
        DataFrame
            Indexed by customer_id.
        """
        end = (as_of or self.as_of) + pd.Timedelta(days=1)
        orders = self._until(end, "orders", "ordered_at")
        bought = orders[orders["gross"] > 0]
        begin = (end - pd.Timedelta(days=1)).replace(day=1) - pd.DateOffset(
            months=WINDOW_MONTHS - 1
        )
        recent = bought[bought["ordered_at"] >= begin]
        by = recent.groupby("customer_id")
        ever = bought.groupby("customer_id")
        count = by.size()
        found = pd.DataFrame(index=ever.size().index)

        first = ever["ordered_at"].min()
        last_day = end - pd.Timedelta(days=1)
        months = (
            (last_day.year - first.dt.year) * 12
            + last_day.month
            - first.dt.month
            + 1
        ).clip(3, WINDOW_MONTHS)
        found["observed_months"] = months
        found["window_orders"] = count
        found["window_orders"] = found["window_orders"].fillna(0)
        found["lifetime_orders"] = ever.size()
        found["lifetime_gross_amount"] = ever["gross"].sum() / 100
        found["orders_per_year"] = found["window_orders"] * 12 / months
        gross, discount = by["gross"].sum(), by["discount"].sum()
        found["avg_order_value"] = (gross - discount) / 100 / count
        found["avg_items_per_order"] = by["items"].sum() / count
        found["avg_item_price"] = gross / 100 / by["items"].sum()
        found["discount_share"] = discount / gross
        found["return_share"] = by["returned"].sum() / gross
        hour = recent["ordered_at"].dt.hour
        for name, is_so in {
            "web_order_share": recent["channel"] == "web",
            "app_order_share": recent["channel"] == "app",
            "store_order_share": recent["channel"] == "store",
            "evening_order_share": (hour >= 18) | (hour < 6),
            "weekend_order_share": recent["ordered_at"].dt.day_of_week >= 5,
        }.items():
            found[name] = is_so.groupby(recent["customer_id"]).mean()

        sessions = self._until(end, "web_sessions", "started_at")
        sessions = sessions[sessions["started_at"] >= begin]
        visits = sessions.groupby("customer_id")
        found["sessions_per_month"] = (
            visits.size().reindex(found.index, fill_value=0) / months
        )
        found["mobile_session_share"] = (
            (sessions["device"] == "mobile")
            .groupby(sessions["customer_id"])
            .mean()
        )
        found["pageviews_per_session"] = visits["pageviews"].mean()
        tickets = self._until(end, "support_tickets", "opened_at")
        found["tickets_per_year"] = (
            tickets[tickets["opened_at"] >= begin]
            .groupby("customer_id")
            .size()
            .reindex(found.index, fill_value=0)
            * 12
            / months
        )
        return found

    def features_of_a_lifetime(self) -> pd.DataFrame:
        """Return features that look at everything, on the last day."""
        end = self.as_of + pd.Timedelta(days=1)
        orders = self._until(end, "orders", "ordered_at")
        bought = orders[orders["gross"] > 0].sort_values(
            ["ordered_at", "order_id"]
        )
        days = bought["ordered_at"].dt.normalize()
        by_customer = days.groupby(bought["customer_id"])
        gaps = by_customer.diff().dt.days
        by_gap = gaps.groupby(bought["customer_id"])
        found = pd.DataFrame(index=by_customer.size().index)
        found["days_since_last_order"] = (
            self.as_of - by_customer.max()
        ).dt.days
        found["recency_days"] = (by_customer.max() - by_customer.min()).dt.days
        found["avg_days_between_orders"] = by_gap.mean()
        found["std_days_between_orders"] = by_gap.std(ddof=0).where(
            by_gap.count() > 1
        )

        tickets = self._until(end, "support_tickets", "opened_at")
        by_ticket = tickets.groupby("customer_id")
        found["avg_csat"] = by_ticket["csat"].mean().astype(float)
        waited = tickets["first_response_at"] - tickets["opened_at"]
        found["avg_first_response_hours"] = (
            (waited.dt.total_seconds() / 3600)
            .groupby(tickets["customer_id"])
            .mean()
        )
        reviews = self._until(end, "reviews", "reviewed_at")
        found["avg_rating"] = (
            reviews.groupby("customer_id")["rating"].mean().astype(float)
        )
        touches = self._until(end, "campaign_touches", "touched_at")
        treated = touches[~touches["is_held_out"].astype(bool)]
        found["campaign_open_share"] = (
            treated["opened_at"].notna().groupby(treated["customer_id"]).mean()
        )

        taste = self._categories(bought)
        best = taste.sort_values(["spent", "category"]).groupby("customer_id")
        found["favourite_category"] = best["category"].last()
        found["favourite_category_share"] = (
            best["spent"].last() / best["spent"].sum()
        )
        found["count_categories"] = best.size()
        return found

    def orders_of(self, customers: pd.Series) -> pd.DataFrame:
        """Return counted orders with the persona that `customers` maps to."""
        orders = self.tables["orders"]
        persona = orders["customer_id"].map(customers)
        return orders[orders["is_counted"]].assign(
            persona_id=persona.fillna("unassigned"),
            month=orders["ordered_at"].dt.to_period("M"),
        )

    def _until(
        self, end: pd.Timestamp, entity: str, column: str
    ) -> pd.DataFrame:
        table = self.tables[entity]
        is_known = table["customer_id"].notna() & (table[column] < end)
        if entity == "orders":
            is_known &= table["is_counted"]
        return table[is_known]

    def _categories(self, bought: pd.DataFrame) -> pd.DataFrame:
        lines = self.tables["order_lines"]
        lines = lines[lines["is_sale"]].merge(
            bought[["order_id", "customer_id"]], on="order_id"
        )
        lines = lines.merge(
            self.tables["products"][["product_id", "category"]],
            on="product_id",
        )
        lines["spent"] = lines["amount"] - lines["discount"]
        lines["category"] = lines["category"].astype(str)
        spent = lines.groupby(["customer_id", "category"], observed=True)
        return spent["spent"].sum().reset_index()


def cents(amounts: pd.Series) -> pd.Series:
    """Return money as whole cents."""
    whole = np.rint(amounts * 100)
    assert np.abs(whole - amounts * 100).max() < 1e-6
    return whole.astype("int64")


def _with_amounts(orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return the orders with their amounts, and whether they count."""
    sales, returns = lines[lines["is_sale"]], lines[~lines["is_sale"]]
    by_sale = sales.groupby("order_id")
    added = pd.DataFrame(
        {
            "gross": by_sale["amount"].sum(),
            "items": by_sale["quantity"].sum(),
            "line_discount": by_sale["discount"].sum(),
            "returned": -returns.groupby("order_id")["amount"].sum(),
        }
    ).reindex(orders["order_id"])
    added = added.fillna(0).astype("int64").set_axis(orders.index)
    return orders.assign(
        gross=added["gross"],
        items=added["items"],
        returned=added["returned"],
        discount=added["line_discount"] + cents(orders["discount_amount"]),
        is_counted=~orders["status"].isin(["cancelled", "pending"]),
    )
