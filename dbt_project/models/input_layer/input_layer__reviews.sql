{{ loaded_rows('reviews') }}
