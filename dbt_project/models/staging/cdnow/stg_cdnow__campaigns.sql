{{ empty_entity('cdnow', 'campaigns') }}
