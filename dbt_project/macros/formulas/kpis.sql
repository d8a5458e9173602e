{# The additive columns of the scorecard: by the model they come from. They add
   up over personas, within a month. #}
{% macro persona_month_columns() -%}
    {{ return({
        'orders': [
            'active_customers', 'new_customers', 'repeat_customers',
            'retained_customers', 'previous_active_customers', 'count_orders',
            'count_items', 'gross_amount', 'discount_amount', 'return_amount',
            'costed_net_amount', 'cost_amount', 'count_order_gaps',
            'sum_gap_days', 'count_guest_orders'
        ],
        'lapses': [
            'churned_customers', 'reactivated_customers',
            'churned_customers_90_days', 'reactivated_customers_90_days'
        ],
        'sessions': [
            'visitors', 'count_sessions', 'count_sessions_with_order',
            'count_anonymous_sessions'
        ],
        'contacts': [
            'ticket_customers', 'nps_customers', 'csat_customers',
            'touched_customers'
        ] + persona_contact_columns(),
        'spend': ['marketing_spend', 'acquisition_spend']
    }) }}
{%- endmacro %}


{# What int_persona_months asks to know whether a column can be known; nothing
   where it always is. Answers to surveys are counted: none are none. #}
{% macro persona_month_delivery(subject, column) -%}
    {%- if subject in ('sessions', 'spend') -%}
        {{ return(subject ~ '_delivery.is_known') }}
    {%- elif column in kpi_families().tickets.columns -%}
        {{ return('contact_delivery.has_tickets') }}
    {%- elif column in kpi_families().touches.columns -%}
        {{ return('contact_delivery.has_touches') }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}


{# The type of an additive column. #}
{% macro persona_month_type(column) -%}
    {{ return(
        'decimal(18, 4)'
        if column.endswith('_amount') or column.endswith('_spend')
        or column == 'sum_csat_answers' else 'bigint'
    ) }}
{%- endmacro %}


{# The rates of the scorecard: how each is computed from additive columns, its
   unit, the column that counts the customers it rests on, and what it means. The
   names are those that market_benchmarks uses. #}
{% macro kpi_formulas() -%}
    {{ return({
        'repeat_share': {
            'numerator': 'repeat_customers',
            'denominator': 'active_customers',
            'unit': 'share', 'rests_on': 'active_customers'
        },
        'retained_share': {
            'numerator': 'retained_customers',
            'denominator': 'previous_active_customers',
            'unit': 'share', 'rests_on': 'previous_active_customers'
        },
        'monthly_churn_share': {
            'numerator': 'churned_customers',
            'denominator': 'live_customers_before',
            'unit': 'share', 'rests_on': 'live_customers_before'
        },
        'monthly_churn_share_90_days': {
            'numerator': 'churned_customers_90_days',
            'denominator': 'live_customers_before_90_days',
            'unit': 'share', 'rests_on': 'live_customers_before_90_days'
        },
        'orders_per_customer_year': {
            'numerator': 'count_orders * 12.0',
            'denominator': 'count_customers',
            'unit': 'count', 'rests_on': 'active_customers'
        },
        'days_between_orders': {
            'numerator': 'sum_gap_days',
            'denominator': 'count_order_gaps',
            'unit': 'days', 'rests_on': 'repeat_customers'
        },
        'average_order_value': {
            'numerator': 'gross_amount - discount_amount',
            'denominator': 'count_orders',
            'unit': 'money', 'rests_on': 'active_customers'
        },
        'items_per_order': {
            'numerator': 'count_items',
            'denominator': 'count_orders',
            'unit': 'count', 'rests_on': 'active_customers'
        },
        'discount_share': {
            'numerator': 'discount_amount',
            'denominator': 'gross_amount',
            'unit': 'share', 'rests_on': 'active_customers'
        },
        'return_share': {
            'numerator': 'return_amount',
            'denominator': 'gross_amount',
            'unit': 'share', 'rests_on': 'active_customers'
        },
        'gross_margin_share': {
            'numerator': 'costed_net_amount - cost_amount',
            'denominator': 'costed_net_amount',
            'unit': 'share', 'rests_on': 'active_customers'
        },
        'acquisition_cost': {
            'numerator': 'acquisition_spend',
            'denominator': 'new_customers',
            'unit': 'money', 'rests_on': 'new_customers'
        },
        'session_conversion_share': {
            'numerator': 'count_sessions_with_order',
            'denominator': 'count_sessions',
            'unit': 'share', 'rests_on': 'visitors'
        },
        'net_promoter_score': {
            'numerator': '100.0 * (count_promoters - count_detractors)',
            'denominator': 'count_nps',
            'unit': 'count', 'rests_on': 'nps_customers'
        },
        'customer_satisfaction_score': {
            'numerator': 'sum_csat_answers',
            'denominator': 'count_csat_answers',
            'unit': 'score', 'rests_on': 'csat_customers'
        },
        'satisfied_share': {
            'numerator': 'count_satisfied_answers',
            'denominator': 'count_csat_answers',
            'unit': 'share', 'rests_on': 'csat_customers'
        },
        'tickets_per_customer': {
            'numerator': 'count_tickets',
            'denominator': 'count_customers',
            'unit': 'count', 'rests_on': 'ticket_customers'
        },
        'complaints_per_customer': {
            'numerator': 'count_complaints',
            'denominator': 'count_customers',
            'unit': 'count', 'rests_on': 'ticket_customers'
        },
        'first_response_hours': {
            'numerator': 'sum_first_response_seconds / 3600.0',
            'denominator': 'count_first_responses',
            'unit': 'hours', 'rests_on': 'ticket_customers'
        },
        'resolution_hours': {
            'numerator': 'sum_resolution_seconds / 3600.0',
            'denominator': 'count_resolutions',
            'unit': 'hours', 'rests_on': 'ticket_customers'
        },
        'touched_share': {
            'numerator': 'touched_customers',
            'denominator': 'count_customers',
            'unit': 'share', 'rests_on': 'touched_customers'
        },
        'campaign_open_share': {
            'numerator': 'count_opens',
            'denominator': 'count_touches',
            'unit': 'share', 'rests_on': 'touched_customers'
        },
        'campaign_click_share': {
            'numerator': 'count_clicks',
            'denominator': 'count_touches',
            'unit': 'share', 'rests_on': 'touched_customers'
        },
        'campaign_response_share': {
            'numerator': 'count_responses',
            'denominator': 'count_touches',
            'unit': 'share', 'rests_on': 'touched_customers'
        },
        'email_open_share': {
            'numerator': 'count_email_opens',
            'denominator': 'count_email_touches',
            'unit': 'share', 'rests_on': 'touched_customers'
        }
    }) }}
{%- endmacro %}


{# What of the scorecard is shown together, and the parts that must each count
   enough customers for it to be. Where two parts make a whole that is shown,
   one of them gives the other away. has_total: a persona's sum over all months
   is published in `personas`. #}
{% macro kpi_families() -%}
    {{ return({
        'customers': {
            'parts': ['count_customers'],
            'columns': ['count_customers']
        },
        'lapsed': {
            'parts': ['lapsed_customers', 'live_customers'],
            'columns': ['lapsed_customers', 'live_customers']
        },
        'lapsed_90_days': {
            'parts': ['lapsed_customers_90_days', 'live_customers_90_days'],
            'columns': ['lapsed_customers_90_days', 'live_customers_90_days']
        },
        'awaited': {
            'parts': ['live_customers_before'],
            'columns': ['live_customers_before']
        },
        'awaited_90_days': {
            'parts': ['live_customers_before_90_days'],
            'columns': ['live_customers_before_90_days']
        },
        'churned': {
            'parts': ['churned_customers'], 'columns': ['churned_customers']
        },
        'churned_90_days': {
            'parts': ['churned_customers_90_days'],
            'columns': ['churned_customers_90_days']
        },
        'reactivated': {
            'parts': ['reactivated_customers'],
            'columns': ['reactivated_customers']
        },
        'reactivated_90_days': {
            'parts': ['reactivated_customers_90_days'],
            'columns': ['reactivated_customers_90_days']
        },
        'purchases': {
            'has_total': true,
            'parts': [
                'active_customers', 'active_customers + count_guest_orders'
            ],
            'columns': [
                'active_customers', 'count_orders', 'count_items',
                'gross_amount', 'discount_amount', 'return_amount',
                'net_amount', 'costed_net_amount', 'cost_amount',
                'margin_amount'
            ]
        },
        'new': {
            'has_total': true,
            'parts': ['new_customers', 'repeat_customers'],
            'columns': [
                'new_customers', 'repeat_customers', 'marketing_spend',
                'acquisition_spend', 'sum_gap_days', 'count_order_gaps'
            ]
        },
        'retained': {
            'parts': [
                'retained_customers',
                'previous_active_customers - retained_customers'
            ],
            'columns': ['retained_customers', 'previous_active_customers']
        },
        'sessions': {
            'parts': ['visitors', 'visitors + count_anonymous_sessions'],
            'columns': [
                'visitors', 'count_sessions', 'count_sessions_with_order'
            ]
        },
        'tickets': {
            'parts': ['ticket_customers'],
            'columns': [
                'ticket_customers', 'count_tickets', 'count_complaints',
                'count_first_responses', 'sum_first_response_seconds',
                'count_resolutions', 'sum_resolution_seconds'
            ]
        },
        'csat': {
            'parts': ['csat_customers'],
            'columns': [
                'count_csat_answers', 'sum_csat_answers',
                'count_satisfied_answers'
            ]
        },
        'nps': {
            'parts': ['nps_customers'],
            'columns': ['count_nps', 'count_promoters', 'count_detractors']
        },
        'touches': {
            'parts': ['touched_customers'],
            'columns': [
                'touched_customers', 'count_touches', 'count_opens',
                'count_clicks', 'count_responses', 'count_email_touches',
                'count_email_opens'
            ]
        }
    }) }}
{%- endmacro %}


{# The scorecard on one basis, as it is published: small cells are left out, and
   with each the next smallest of its month (and, by today's personas, whose
   totals are published too, of its persona), so that no difference gives it
   back; rates are computed from what is shown. #}
{% macro persona_scorecard(basis) -%}
{%- set families = kpi_families() -%}
{%- set formulas = kpi_formulas() -%}
with

persona_months as (

    select
        *,
        count_customers - lapsed_customers as live_customers,
        count_customers - lapsed_customers_90_days as live_customers_90_days,
        cast(
            gross_amount - discount_amount - return_amount as decimal(18, 4)
        ) as net_amount,
        case
            when costed_net_amount <> 0 or cost_amount <> 0
                then
                    cast(costed_net_amount - cost_amount as decimal(18, 4))
        end as margin_amount
    from {{ ref('int_persona_months') }}
    where persona_basis = '{{ basis }}'

),

currencies as (

    select * from {{ ref('int_currency') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

judged as (

    select
        *,
        {%- for name, family in families.items() %}
        {%- set is_last_family = loop.last %}
        coalesce((
            {%- set directions = {'month': 'persona_id'} %}
            {%- if basis == 'today' and family.has_total %}
            {%- do directions.update({'persona_id': 'month'}) %}
            {%- endif %}
            {%- for part in family.parts %}
            {%- set is_last_part = loop.last %}
            {%- for along, key in directions.items() %}
            {{ is_small_cell(part, along, key) }}
            {{ '' if is_last_part and loop.last else 'or' }}
            {%- endfor %}
            {%- endfor %}
        ), false) as is_{{ name }}_hidden{{ '' if is_last_family else ',' }}
        {%- endfor %}
    from persona_months

),

shown as (

    select
        persona_id,
        month,
        persona_basis,
        is_complete,
        expected_gap_days,
        {%- for name, family in families.items() %}
        {%- for column in family.columns %}
        case when not is_{{ name }}_hidden then {{ column }} end
            as {{ column }},
        {%- endfor %}
        {%- endfor %}
        {%- for name in families %}
        is_{{ name }}_hidden{{ ' or' if not loop.last }}
        {%- endfor %} as is_partly_hidden
    from judged

)

select
    shown.persona_id,
    shown.month,
    shown.persona_basis,
    shown.is_complete,
    shown.is_partly_hidden,

    -- customers
    shown.count_customers,
    shown.new_customers,
    shown.active_customers,
    shown.repeat_customers,
    shown.retained_customers,
    shown.previous_active_customers,
    shown.live_customers,
    shown.lapsed_customers,
    shown.churned_customers,
    shown.reactivated_customers,
    shown.expected_gap_days,
    shown.live_customers_90_days,
    shown.lapsed_customers_90_days,
    shown.churned_customers_90_days,
    shown.reactivated_customers_90_days,

    -- orders and money
    shown.count_orders,
    shown.count_items,
    currencies.currency,
    shown.gross_amount,
    shown.discount_amount,
    shown.return_amount,
    shown.net_amount,
    shown.costed_net_amount,
    shown.margin_amount,
    shown.marketing_spend,
    shown.acquisition_spend,

    -- visits, service, satisfaction, campaigns
    shown.visitors,
    shown.count_sessions,
    shown.count_sessions_with_order,
    shown.count_tickets,
    shown.count_complaints,
    shown.count_nps as count_nps_answers,
    shown.count_csat_answers,
    shown.touched_customers,
    shown.count_touches,
    shown.count_opens,
    shown.count_clicks,
    shown.count_responses,

    -- rates
    {%- for kpi, formula in formulas.items() %}
    {{ ratio('(' ~ formula.numerator ~ ')', 'shown.' ~ formula.denominator) }}
        as {{ kpi }},
    {%- endfor %}
    as_of.as_of_date,
    {{ run_id_literal() }} as run_id
from shown
cross join currencies
cross join as_of
{%- endmacro %}
