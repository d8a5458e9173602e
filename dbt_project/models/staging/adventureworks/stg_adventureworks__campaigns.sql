{{ empty_entity('adventureworks', 'campaigns') }}
