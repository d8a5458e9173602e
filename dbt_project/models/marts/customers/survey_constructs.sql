{# How well the questions of a construct measure one thing: Cronbach's alpha,
   over the customers who answered all of them. -#}
with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

-- The newest answer of a customer to a question.
answers as (

    select *
    from {{ ref('int_survey_answers_scored') }}
    qualify
        row_number() over (
            partition by customer_id, question_id
            order by answered_at desc, response_id asc
        ) = 1

),

items as (

    select
        construct,
        count(distinct question_id) as count_items
    from answers
    group by construct

),

totals as (

    select
        answers.construct,
        answers.customer_id,
        sum(answers.answer_score) as total_score,
        count(*) as count_answers
    from answers
    group by answers.construct, answers.customer_id

),

complete as (

    select
        totals.construct,
        totals.customer_id,
        totals.total_score
    from totals
    inner join items on totals.construct = items.construct
    where totals.count_answers = items.count_items

),

total_variances as (

    select
        construct,
        count(*) as count_complete,
        var_samp(total_score) as total_variance
    from complete
    group by construct

),

item_variances as (

    select
        answers.construct,
        answers.question_id,
        var_samp(answers.answer_score) as item_variance
    from answers
    inner join complete
        on
            answers.construct = complete.construct
            and answers.customer_id = complete.customer_id
    group by answers.construct, answers.question_id

),

summed_variances as (

    select
        construct,
        sum(item_variance) as sum_item_variance
    from item_variances
    group by construct

),

described as (

    select
        construct,
        min(dimension) as dimension,
        count(distinct customer_id) as count_customers
    from answers
    group by construct

)

select
    described.construct,
    described.dimension,
    cast(items.count_items as bigint) as count_items,
    cast(described.count_customers as bigint) as count_customers,
    cast(coalesce(total_variances.count_complete, 0) as bigint)
        as count_complete,
    case
        when items.count_items > 1 and total_variances.total_variance > 0
            then round(
                cast(items.count_items as double) / (items.count_items - 1)
                * (
                    1
                    - summed_variances.sum_item_variance
                    / total_variances.total_variance
                ),
                6
            )
    end as cronbach_alpha,
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from described
cross join as_of
inner join items on described.construct = items.construct
left join total_variances on described.construct = total_variances.construct
left join summed_variances on described.construct = summed_variances.construct
