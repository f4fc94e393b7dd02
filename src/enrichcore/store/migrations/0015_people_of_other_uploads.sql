-- What other uploads told of somebody is looked up when one is launched.
create index upload_people_by_person on enrichcore.upload_people (person_id);
