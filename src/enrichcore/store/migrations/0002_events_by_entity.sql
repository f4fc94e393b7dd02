-- A rebuild folds the log in parts, each with all events of some people and companies; see decision 0011.
create index stored_events_by_entity on enrichcore.stored_events (entity_id, position) where entity_id is not null;
create index stored_events_of_none on enrichcore.stored_events (topic, position) where entity_id is null;
