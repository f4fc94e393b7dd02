-- Who was merged into an entity. `merged_into` always names the one that stays, however many merges led there.
create index directory_entities_by_stayer on enrichcore.directory_entities (merged_into) where merged_into is not null;
