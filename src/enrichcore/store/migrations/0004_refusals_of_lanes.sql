-- How many rows in a row a lane's webhook refused for good, so that a lane that refuses them all can be told and stopped.
alter table enrichcore.lanes add column refusals integer not null default 0;
