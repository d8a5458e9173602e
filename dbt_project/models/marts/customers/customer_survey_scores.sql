with

answers as (

    select * from {{ ref('int_survey_answers_scored') }}

)

select
    customer_id,
    dimension,
    construct,
    count(answer_score) as count_answers,
    round(avg(cast(answer_score as decimal(18, 6))), 6) as construct_score,
    {{ run_id_literal() }} as run_id
from answers
group by customer_id, dimension, construct
