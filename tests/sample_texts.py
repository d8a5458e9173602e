"""The texts of a sample company, as one frame."""

from __future__ import annotations

import pandas as pd

from ml.synthetic import SampleCompany

SOURCES = {
    "support_tickets": ("ticket_id", "ticket_text"),
    "reviews": ("review_id", "review_text"),
    "survey_responses": ("response_id", "answer_text"),
    "social_interactions": ("interaction_id", "interaction_text"),
}


def texts_of(company: SampleCompany) -> pd.DataFrame:
    parts = []
    for source, (key, text) in SOURCES.items():
        rows = company.entities[source].dropna(subset=[text])
        rows = rows.drop_duplicates(key)
        parts.append(
            pd.DataFrame(
                {
                    "text_id": source + "-" + rows[key].astype(str),
                    "customer_id": rows["customer_id"],
                    "source_entity": source,
                    "text": rows[text].astype("object"),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
