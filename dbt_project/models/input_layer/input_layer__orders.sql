{{ loaded_rows('orders') }}
