{{ empty_entity('online_retail', 'campaigns') }}
