-- delivered = loaded + rejected + duplicates; a difference means rows were
-- lost or doubled between staging and the input layer.
select
    entity,
    source,
    rows_delivered
from {{ ref('delivery_accounting') }}
where rows_delivered <> rows_loaded + rows_rejected + rows_duplicate
