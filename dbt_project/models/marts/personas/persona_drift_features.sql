with

bins as (

    select
        model_run_id,
        feature,
        bin,
        reference_count,
        count(*) over (partition by model_run_id, feature) as count_bins,
        sum(reference_count) over (partition by model_run_id, feature)
            as reference_total
    from {{ source('ml', 'model_bins') }}

),

counts as (

    select * from {{ ref('int_drift_counts') }}

),

partitions as (

    select * from {{ ref('int_history_partitions') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

totals as (

    select
        counts.*,
        sum(counts.count_customers) over (
            partition by
                counts.model_run_id, counts.month_end, counts.feature
        ) as count_total
    from counts
    inner join partitions
        on
            counts.model_run_id = partitions.model_run_id
            and counts.month_end = partitions.month_end
            and counts.data_version = partitions.data_version

),

-- Half a customer is added to every bin, so that none is empty.
shares as (

    select
        totals.model_run_id,
        totals.month_end,
        totals.feature,
        totals.bin,
        totals.count_total,
        bins.reference_total,
        bins.count_bins,
        (totals.count_customers + 0.5)
        / cast(totals.count_total + 0.5 * bins.count_bins as double)
            as share_now,
        (bins.reference_count + 0.5)
        / cast(bins.reference_total + 0.5 * bins.count_bins as double)
            as share_before,
        {{ ratio('totals.count_customers', 'totals.count_total') }}
            as exact_share_now,
        {{ ratio('bins.reference_count', 'bins.reference_total') }}
            as exact_share_before
    from totals
    inner join bins
        on
            totals.model_run_id = bins.model_run_id
            and totals.feature = bins.feature
            and totals.bin = bins.bin

)

select
    shares.model_run_id,
    shares.month_end,
    shares.feature,
    case
        when min(shares.count_total) >= 100
            then round(sum(
                (shares.share_now - shares.share_before)
                * ln(shares.share_now / shares.share_before)
            ), 4)
    end as psi,
    round(
        (min(shares.count_bins) - 1) * (
            {{ ratio('1', 'min(shares.reference_total)') }}
            + {{ ratio('1', 'min(shares.count_total)') }}
        ), 4
    ) as psi_by_chance,
    case
        when min(shares.count_total) >= 100
            then round(max(shares.exact_share_now) filter (
                where shares.bin = 0
            ), 2)
    end as missing_share,
    round(max(shares.exact_share_before) filter (where shares.bin = 0), 2)
        as reference_missing_share,
    min(as_of.as_of_date) as as_of_date,
    {{ run_id_literal() }} as run_id
from shares
cross join as_of
group by shares.model_run_id, shares.month_end, shares.feature
